fn place_order(order: &Order) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, & []).scope("shop")
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> () {
                order.place();
            },
            |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
