#[automatically_derived]
impl ::otel_runtime::__private::Attributes for Order {
    fn record(&self, attributes: &mut ::otel_runtime::__private::AttributeWriter<'_>) {
        match self {
            Self { id: field0, customer: field1, shop: field2, address: field3, .. } => {
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "order.id",
                            );
                            KEY
                        },
                        field0,
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "user.id",
                            );
                            KEY
                        },
                        field1,
                    );
                ::otel_runtime::__private::Attributes::record(field2, attributes);
                attributes
                    .nested(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "order.address",
                            );
                            KEY
                        },
                        field3,
                    );
            }
        }
    }
}
