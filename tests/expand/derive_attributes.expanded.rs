#[automatically_derived]
impl ::otel_runtime::__private::Attributes for Order {
    fn record(&self, attributes: &mut ::otel_runtime::__private::AttributeWriter<'_>) {
        match self {
            Self {
                id: __otel_field0,
                customer: __otel_field1,
                shop: __otel_field2,
                address: __otel_field3,
                ..
            } => {
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "order.id",
                            );
                            KEY
                        },
                        __otel_field0,
                    );
                attributes
                    .set(
                        {
                            use ::otel_runtime::__private::semconv::attribute::USER_ID;
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                USER_ID,
                            );
                            KEY
                        },
                        ::otel_runtime::__private::convention::USER_ID(__otel_field1),
                    );
                ::otel_runtime::__private::Attributes::record(__otel_field2, attributes);
                attributes
                    .nested(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "order.address",
                            );
                            KEY
                        },
                        __otel_field3,
                    );
            }
        }
    }
}
