async fn must_fail(order: Order) -> Result<Receipt, OrderError> {
    let __call = ::otel_runtime::__private::site!(
        "must_fail", 0, [], .span(::otel_runtime::__private::SpanName::new("must_fail"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_future(
            async move {
                ::otel_runtime::__private::returns!(Result < Receipt, OrderError >);
                order.place().await
            },
            |__returned: &Result<Receipt, OrderError>, _| {
                ::otel_runtime::__private::outcome!(__returned)
                    .ok_if(
                        ::otel_runtime::__private::verdict(|| ::otel_runtime::__private::apply::<
                            _,
                            ::core::primitive::bool,
                        >(__returned, Result::is_err)),
                    )
            },
        )
        .await
}
