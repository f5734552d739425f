fn place_order(order: Order) -> impl Future<Output = Receipt> + Send {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    let (__call, __made) = __call.enter(move || { async move { order.place().await } });
    __call
        .in_future(
            __made,
            |__returned: &Receipt, _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
