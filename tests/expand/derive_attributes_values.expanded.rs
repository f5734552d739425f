#[automatically_derived]
impl ::otel_runtime::__private::Attributes for Customer {
    fn record(&self, attributes: &mut ::otel_runtime::__private::AttributeWriter<'_>) {
        match self {
            Self {
                id: __otel_field0,
                roles: __otel_field1,
                email: __otel_field2,
                phone: __otel_field3,
                note: __otel_field4,
                ..
            } => {
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "id",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Displayed(__otel_field0),
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "roles",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Debugged(__otel_field1),
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "email",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Redacted(
                            __otel_field2,
                            ::otel_runtime::__private::Redaction::Hash,
                        ),
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "user.phone",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Redacted(
                            &::otel_runtime::__private::Displayed(__otel_field3),
                            ::otel_runtime::__private::Redaction::Truncate(4),
                        ),
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "note",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Redacted(
                            __otel_field4,
                            ::otel_runtime::__private::Redaction::Erase,
                        ),
                    );
            }
        }
    }
}
