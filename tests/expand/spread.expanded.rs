fn place_order(order: &Order, shop: &Shop) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any] [] []],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("shop.name")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.spread(&(order));
                __fields.set(0, &(shop));
                __fields.spread(&(shop.address));
            }
        });
    __call
        .in_scope(
            move || -> () {
                shop.place(order);
            },
            |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
