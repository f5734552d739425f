async fn place_order(order: &Order) -> Result<Receipt, OrderError> {
    let span = ::otel_runtime::__private::site!(
        ::otel_runtime::__private::SpanName::new("place_order"), Internal, [],
        "place_order", 0
    )
        .start(::otel_runtime::__private::no_fields);
    span.in_future(
            async move {
                ::otel_runtime::__private::returns!(Result < Receipt, OrderError >);
                let total = order.total().await?;
                Ok(Receipt { total })
            },
            |returned: &Result<Receipt, OrderError>| {
                ::otel_runtime::__private::outcome!(returned)
            },
        )
        .await
}
