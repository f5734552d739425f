async fn place_order(order: Order) -> Receipt {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [], .time(::otel_runtime::__private::Time::DEFAULT)
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_future(
            async move {
                ::otel_runtime::__private::returns!(Receipt);
                order.place().await
            },
            |__returned: &Receipt, _| { ::otel_runtime::__private::outcome!(__returned) },
        )
        .await
}
