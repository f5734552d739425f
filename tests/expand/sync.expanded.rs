fn place_order(order: &Order) -> Result<Receipt, OrderError> {
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> Result<Receipt, OrderError> {
                let total = order.total()?;
                Ok(Receipt { total })
            },
            |__returned: &Result<Receipt, OrderError>, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
