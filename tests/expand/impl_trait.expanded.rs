fn receipts<'a, T: Into<Query>>(
    &'a self,
    query: T,
) -> Result<impl Iterator<Item = Receipt> + 'a, OrderError>
where
    T: Clone,
{
    let __call = ::otel_runtime::__private::site!(
        "receipts", 0, [], .span(names::RECEIPTS,
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> Result<_, OrderError> { self.find(query.into()) },
            |__returned: &Result<_, OrderError>, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
