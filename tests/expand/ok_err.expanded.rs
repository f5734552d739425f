fn place_order(id: u64) -> Result<Receipt, OrderError> {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any, Any, String] [] []],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("order.id"),
        ::otel_runtime::__private::AttributeKey::new("receipt.total"),
        ::otel_runtime::__private::AttributeKey::new("retry.after")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &(id));
            }
        });
    __call
        .in_scope(
            move || -> Result<Receipt, OrderError> { place(id) },
            |__returned: &Result<Receipt, OrderError>, __call| {
                __call
                    .give(|| {
                        if let ::core::option::Option::Some(__part) = ::otel_runtime::__private::ok_part!(
                            __returned
                        ) {
                            __call
                                .set(
                                    1,
                                    &(::otel_runtime::__private::apply(
                                        __part,
                                        |receipt| receipt.total,
                                    )),
                                );
                        }
                        if let ::core::option::Option::Some(__part) = ::otel_runtime::__private::error_of(
                            __returned,
                        ) {
                            __call
                                .set(
                                    2,
                                    &::otel_runtime::__private::Displayed(
                                        &(::otel_runtime::__private::apply(
                                            __part,
                                            |error| error.after,
                                        )),
                                    ),
                                );
                        }
                    });
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
