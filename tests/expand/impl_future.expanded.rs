fn place_order(order: Order) -> impl Future<Output = Receipt> + Send {
    let call = ::otel_runtime::__private::site!(
        "place_order", 0, .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    let (call, made) = call.enter(move || { async move { order.place().await } });
    call.in_future(
        made,
        |returned: &Receipt, _| ::otel_runtime::__private::outcome!(returned),
    )
}
