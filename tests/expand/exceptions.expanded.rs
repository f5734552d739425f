fn charge(amount: u64) -> Result<(), Error> {
    let __call = ::otel_runtime::__private::site!(
        "charge", 0, [], .span(::otel_runtime::__private::SpanName::new("charge"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
        .exceptions(::otel_runtime::__private::Exceptions::Logs)
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> Result<(), Error> { bank::charge(amount) },
            |__returned: &Result<(), Error>, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
