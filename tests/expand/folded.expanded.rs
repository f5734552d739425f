async fn place_order(order: Order) -> Result<Receipt, OrderError> {
    #[allow(unused_imports)]
    use traced as _;
    #[allow(unused_imports)]
    use counted as _;
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Server, & [])
        .count(::otel_runtime::__private::Count { in_flight : true, ..
        ::otel_runtime::__private::Count::DEFAULT })
        .time(::otel_runtime::__private::Time::DEFAULT)
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_future(
            async move {
                ::otel_runtime::__private::returns!(Result < Receipt, OrderError >);
                order.place().await
            },
            |__returned: &Result<Receipt, OrderError>, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
        .await
}
