fn walk(node: Node) -> Pin<Box<dyn Future<Output = u64>>> {
    let __call = ::otel_runtime::__private::site!(
        "walk", 0, [], .span(::otel_runtime::__private::SpanName::new("walk"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_boxed(
            move || -> Pin<Box<dyn Future<Output = u64>>> {
                Box::pin(async move { walk(node.next()).await + 1 })
            },
            |__call, __made| ::otel_runtime::__private::pinned(
                __call
                    .in_future(
                        __made,
                        |__returned: &u64, _| {
                            ::otel_runtime::__private::outcome!(__returned)
                        },
                    ),
            ),
        )
}
