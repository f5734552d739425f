fn place_order(order: &Order) {
    ::otel_runtime::__private::site!(
        "place_order", 0, [], .count(::otel_runtime::__private::Count { name :
        names::ORDERS, description : "", unit : names::ORDER, ..
        ::otel_runtime::__private::Count::DEFAULT })
    )
        .counted(
            move || -> () {
                order.place();
            },
            |__returned: &()| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
