fn serve(tenant: &str, campaign: Campaign) -> Response {
    let __call = ::otel_runtime::__private::site!(
        "serve", 0, [], .span(::otel_runtime::__private::SpanName::new("serve"),
        ::otel_runtime::__private::SpanKind::Internal, & []).baggage(&
        [::otel_runtime::__private::AttributeKey::of_baggage(::otel_runtime::__private::AttributeKey::new("tenant.id")),
        ::otel_runtime::__private::AttributeKey::of_baggage(::otel_runtime::__private::AttributeKey::new("campaign")),
        ::otel_runtime::__private::AttributeKey::of_baggage(::otel_runtime::__private::AttributeKey::new(::otel_runtime::__private::semconv::attribute::USER_ID))])
    )
        .start_with(
            ::otel_runtime::__private::current_context,
            |__baggage| {
                __baggage.set(0, &(tenant));
                __baggage.set(1, &::otel_runtime::__private::Displayed(&(campaign)));
                __baggage.set(2, &(7));
            },
            ::otel_runtime::__private::no_fields,
        );
    __call
        .in_scope(
            move || -> Response { campaign.answer() },
            |__returned: &Response, _| {
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
}
