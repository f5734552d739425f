fn receipts<'a, T: Into<Query>>(
    &'a self,
    query: T,
) -> Result<impl Iterator<Item = Receipt> + 'a, OrderError>
where
    T: Clone,
{
    let span = ::otel_runtime::__private::site!(
        names::RECEIPTS, Internal, [], "receipts", 0
    )
        .start(::otel_runtime::__private::no_fields);
    span.in_scope(
        move || -> Result<_, OrderError> { self.find(query.into()) },
        |returned: &Result<_, OrderError>| ::otel_runtime::__private::outcome!(returned),
    )
}
