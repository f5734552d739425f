fn serve(self) -> ! {
    let __call = ::otel_runtime::__private::site!(
        "serve", 0, [], .span(::otel_runtime::__private::SpanName::new("serve"),
        ::otel_runtime::__private::SpanKind::Internal, & [])
    )
        .start(::otel_runtime::__private::no_fields);
    __call
        .in_scope(
            move || -> ! {
                loop {
                    self.accept();
                }
            },
            |_, _| ::otel_runtime::__private::Outcome::OK,
        )
}
