fn orders(&self) -> impl Stream<Item = Result<Order, OrderError>> + '_ {
    let __call = ::otel_runtime::__private::site!(
        "orders", 0, [], .span(::otel_runtime::__private::SpanName::new("orders"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    let (__call, __made) = __call.enter(move || { self.receive() });
    __call
        .in_stream(
            __made,
            ::otel_runtime::__private::Items::Events,
            |__item: &Result<Order, OrderError>| {
                ::otel_runtime::__private::outcome!(__item)
            },
        )
}
