fn place_order(order: &Order) {
    #[allow(unused_imports)]
    use counted as _;
    #[allow(unused_imports)]
    use timed as _;
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any] [Any] [Any]],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("order.id")])
        .count(::otel_runtime::__private::Count { name :
        ::otel_runtime::__private::gated!(__otel_metric_name, "shop.orders"), unit :
        ::otel_runtime::__private::Unit::new("{call}"), description : "", keys : &
        [::otel_runtime::__private::AttributeKey::new("payment.method")], ..
        ::otel_runtime::__private::Count::DEFAULT }).time(::otel_runtime::__private::Time
        { name : ::otel_runtime::__private::gated!(__otel_metric_name,
        "shop.order.duration"), description : "", keys : &
        [::otel_runtime::__private::AttributeKey::new("member")], ..
        ::otel_runtime::__private::Time::DEFAULT })
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &(order.id));
            }
            if __fields.counts() {
                __fields.count(0, &(order.method));
            }
            if __fields.times() {
                __fields.time(0, &(order.member));
            }
        });
    __call
        .in_scope(
            move || -> () {
                order.place();
            },
            |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
