#[automatically_derived]
impl crate::telemetry::__private::Attributes for Payment {
    fn record(&self, attributes: &mut crate::telemetry::__private::AttributeWriter<'_>) {
        match self {
            Self::Card { number: __otel_field0, .. } => {
                attributes
                    .set(
                        {
                            const KEY: crate::telemetry::__private::AttributeKey = crate::telemetry::__private::AttributeKey::new(
                                "number",
                            );
                            KEY
                        },
                        __otel_field0,
                    );
            }
            Self::Voucher { 0: __otel_field0, .. } => {
                attributes
                    .set(
                        {
                            const KEY: crate::telemetry::__private::AttributeKey = crate::telemetry::__private::AttributeKey::new(
                                "voucher.code",
                            );
                            KEY
                        },
                        __otel_field0,
                    );
            }
            Self::Cash { .. } => {}
        }
    }
}
