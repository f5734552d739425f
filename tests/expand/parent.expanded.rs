fn serve(request: &Request) -> Response {
    let __call = ::otel_runtime::__private::site!(
        "serve", 0, [], .span(::otel_runtime::__private::SpanName::new("serve"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start_in(
            || ::otel_runtime::__private::AsParent::as_parent(&(request.context())),
            ::otel_runtime::__private::no_fields,
        );
    __call
        .in_scope(
            move || -> Response { request.answer() },
            |__returned: &Response, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
