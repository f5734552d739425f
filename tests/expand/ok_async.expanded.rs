async fn find(id: u64) -> Option<Order> {
    let __call = ::otel_runtime::__private::site!(
        "find", 0, [[Any] [] []], .span(::otel_runtime::__private::SpanName::new("find"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("found")])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_future(
            async move {
                ::otel_runtime::__private::returns!(Option < Order >);
                store::find(id).await
            },
            |__returned: &Option<Order>, __call| {
                __call
                    .give(|| {
                        if let ::core::option::Option::Some(__part) = ::otel_runtime::__private::ok_part!(
                            __returned
                        ) {
                            __call
                                .set(
                                    0,
                                    &(::otel_runtime::__private::apply(__part, Option::is_some)),
                                );
                        }
                    });
                ::otel_runtime::__private::outcome!(__returned)
            },
        )
        .await
}
