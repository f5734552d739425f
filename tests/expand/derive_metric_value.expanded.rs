#[automatically_derived]
impl ::otel_runtime::__private::AttributeValue for Payment {
    fn write(&self, writer: ::otel_runtime::__private::ValueWriter<'_>) {
        writer
            .static_str(
                match self {
                    Self::Card => "card",
                    Self::CashOnDelivery => "cash",
                },
            )
    }
}
#[automatically_derived]
impl ::otel_runtime::__private::MetricValue for Payment {}
#[automatically_derived]
impl ::otel_runtime::__private::OfKind<::otel_runtime::__private::kind::String>
for Payment {}
