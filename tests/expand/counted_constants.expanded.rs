fn place_order(order: &Order) {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [], .count(::otel_runtime::__private::Count { name :
        names::ORDERS, description : "", unit : names::ORDER, ..
        ::otel_runtime::__private::Count::DEFAULT })
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
