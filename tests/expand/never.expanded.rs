fn serve(self) -> ! {
    let span = ::otel_runtime::__private::site!(
        ::otel_runtime::__private::SpanName::new("serve"), Internal, [], "serve", 0
    )
        .start(::otel_runtime::__private::no_fields);
    span.in_scope(
        move || -> ! {
            loop {
                self.accept();
            }
        },
        |_| ::otel_runtime::__private::Outcome::OK,
    )
}
