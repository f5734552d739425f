trait Handler {
    type Order;
    fn place_order(&self, order: Self::Order);
    fn cancel(&self, order: Self::Order) {
        let __call = ::otel_runtime::__private::site!(
            "Handler::cancel", 0, [],
            .span(::otel_runtime::__private::SpanName::new("Handler::cancel"),
            ::otel_runtime::__private::SpanKind::Internal, & [])
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_scope(
                move || -> () {
                    drop(order);
                },
                |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
            )
    }
}
