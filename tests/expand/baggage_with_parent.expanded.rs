async fn serve(request: &Request) -> Response {
    let __call = ::otel_runtime::__private::site!(
        "serve", 0, [], .span(::otel_runtime::__private::SpanName::new("serve"),
        ::otel_runtime::__private::SpanKind::Server, & [])
        .baggage(::otel_runtime::__private::AttributeKey::distinct(&
        [::otel_runtime::__private::AttributeKey::of_baggage(keys::TENANT)]))
    )
        .start_with(
            || ::otel_runtime::__private::AsParent::as_parent(&(request.context())),
            |__baggage| {
                __baggage.set(0, &(request.tenant));
            },
            ::otel_runtime::__private::no_fields,
        );
    __call
        .in_future(
            async move {
                ::otel_runtime::__private::returns!(Response);
                request.answer().await
            },
            |__returned: &Response, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
        .await
}
