#[automatically_derived]
impl<'a, T: AttributeValue, const N: usize> ::otel_runtime::__private::Attributes
for Page<'a, T, N>
where
    T: 'a,
{
    fn record(&self, attributes: &mut ::otel_runtime::__private::AttributeWriter<'_>) {
        match self {
            Self { 0: __otel_field0, .. } => {
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "page.items",
                            );
                            KEY
                        },
                        __otel_field0,
                    );
            }
        }
    }
}
