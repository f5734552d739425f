fn orders(shop: Shop) -> Pin<Box<dyn Stream<Item = Order> + Send>> {
    let __call = ::otel_runtime::__private::site!(
        "orders", 0, [], .span(::otel_runtime::__private::SpanName::new("orders"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_boxed(
            move || -> Pin<Box<dyn Stream<Item = Order> + Send>> {
                Box::pin(shop.receive())
            },
            |__call, __made| ::otel_runtime::__private::pinned(
                __call
                    .in_stream(
                        __made,
                        ::otel_runtime::__private::Items::Counted,
                        |__item: &Order| { ::otel_runtime::__private::outcome!(__item) },
                    ),
            ),
        )
}
