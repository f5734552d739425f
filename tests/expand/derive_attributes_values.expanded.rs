#[automatically_derived]
impl ::otel_runtime::__private::Attributes for Customer {
    fn record(&self, attributes: &mut ::otel_runtime::__private::AttributeWriter<'_>) {
        match self {
            Self {
                id: field0,
                roles: field1,
                email: field2,
                phone: field3,
                note: field4,
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
                        &::otel_runtime::__private::Displayed(field0),
                    );
                attributes
                    .set(
                        {
                            const KEY: ::otel_runtime::__private::AttributeKey = ::otel_runtime::__private::AttributeKey::new(
                                "roles",
                            );
                            KEY
                        },
                        &::otel_runtime::__private::Debugged(field1),
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
                            field2,
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
                            &::otel_runtime::__private::Displayed(field3),
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
                            field4,
                            ::otel_runtime::__private::Redaction::Erase,
                        ),
                    );
            }
        }
    }
}
