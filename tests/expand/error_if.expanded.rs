fn items(order: &Order) -> usize {
    let __call = ::otel_runtime::__private::site!(
        "items", 0, [], .span(::otel_runtime::__private::SpanName::new("items"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> usize { order.items.len() },
            |__returned: &usize, _| {
                ::otel_runtime::__private::outcome!(__returned)
                    .error_if(
                        ::otel_runtime::__private::verdict(|| ::otel_runtime::__private::apply::<
                            _,
                            ::core::primitive::bool,
                        >(__returned, |count| *count == 0)),
                    )
            },
        )
}
