fn place_order(order: &Order, host: &str, user_id: u64) -> Receipt {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any, String, String, Any] [] []],
        .span(::otel_runtime::__private::gated!(__otel_span_name, "shop.place_order"),
        ::otel_runtime::__private::SpanKind::Client, &
        [::otel_runtime::__private::AttributeKey::new(::otel_runtime::__private::semconv::attribute::SERVER_ADDRESS),
        ::otel_runtime::__private::AttributeKey::new("order.id"),
        ::otel_runtime::__private::AttributeKey::new("order.items"),
        ::otel_runtime::__private::AttributeKey::new("user_id")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields
                    .set(
                        0,
                        ::otel_runtime::__private::convention::SERVER_ADDRESS(&(host)),
                    );
                __fields.set(1, &::otel_runtime::__private::Displayed(&(order.id)));
                __fields.set(2, &::otel_runtime::__private::Debugged(&(order.items)));
                __fields.set(3, &(user_id));
            }
        });
    __call
        .in_scope(
            move || -> Receipt { order.place(host, user_id) },
            |__returned: &Receipt, _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
