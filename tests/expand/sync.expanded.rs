fn place_order(order: &Order) -> Result<Receipt, OrderError> {
    let span = ::otel_runtime::__private::site!(
        ::otel_runtime::__private::SpanName::new("place_order"), Internal, [],
        "place_order", 0
    )
        .start(::otel_runtime::__private::no_fields);
    span.in_scope(
        move || -> Result<Receipt, OrderError> {
            let total = order.total()?;
            Ok(Receipt { total })
        },
        |returned: &Result<Receipt, OrderError>| {
            ::otel_runtime::__private::outcome!(returned)
        },
    )
}
