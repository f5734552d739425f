fn place_order(order: &Order) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [], .time(::otel_runtime::__private::Time { name :
        ::otel_runtime::__private::gated!(__otel_metric_name, "shop.order.duration"),
        description : "Time to place an order.", buckets :
        ::otel_runtime::__private::Time::rising(& [0.01, 0.1, 1.0]), ..
        ::otel_runtime::__private::Time::DEFAULT })
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
