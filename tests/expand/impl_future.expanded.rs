fn place_order(order: Order) -> impl Future<Output = Receipt> + Send {
    let span = ::otel_runtime::__private::site!(
        ::otel_runtime::__private::SpanName::new("place_order"), Internal, [],
        "place_order", 0
    )
        .start(::otel_runtime::__private::no_fields);
    let (span, future) = span.enter(move || { async move { order.place().await } });
    span.in_future(
        future,
        |returned: &Receipt| ::otel_runtime::__private::outcome!(returned),
    )
}
