fn handle(batch: Batch) {
    let __call = ::otel_runtime::__private::site!(
        "handle", 0, [[Any] [] []],
        .span(::otel_runtime::__private::SpanName::new("handle"),
        ::otel_runtime::__private::SpanKind::Consumer, &
        [::otel_runtime::__private::AttributeKey::new("batch.size")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &(batch.len()));
                __fields.links(&(&batch.contexts));
            }
        });
    __call
        .in_scope(
            move || -> () {
                batch.handle();
            },
            |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
