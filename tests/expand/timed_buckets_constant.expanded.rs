fn place_order(order: &Order) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [], .time(::otel_runtime::__private::Time { name :
        ::otel_runtime::__private::gated!(__otel_metric_name, "shop.order.duration"),
        description : "", buckets :
        ::otel_runtime::__private::Time::rising(buckets::SLOW), ..
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
