fn place_order(order: Order, shop: Shop, r#type: &str) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[String, String, Any, String] [] []],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("order"),
        ::otel_runtime::__private::AttributeKey::new("shop"),
        ::otel_runtime::__private::AttributeKey::new("type"),
        ::otel_runtime::__private::AttributeKey::new("x-order")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &::otel_runtime::__private::Displayed(&(order)));
                __fields.set(1, &::otel_runtime::__private::Debugged(&(shop)));
                __fields.set(2, &(r#type));
                __fields.set(3, &::otel_runtime::__private::Debugged(&(order.headers)));
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
