impl<T: Store> Shop<T> {
    const NAME: &'static str = "shop";
    pub fn place_order(&self, order: &Order) {
        let __call = ::otel_runtime::__private::site!(
            "Shop::place_order", 0, [],
            .span(::otel_runtime::__private::SpanName::new("Shop::place_order"),
            ::otel_runtime::__private::SpanKind::Client, & [])
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_scope(
                move || -> () {
                    self.store.place(order);
                },
                |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
            )
    }
    async fn charge(self: Arc<Self>) -> Result<(), Declined> {
        #[allow(unused_imports)]
        use traced as _;
        let __call = ::otel_runtime::__private::site!(
            "Shop::charge", 0, [],
            .span(::otel_runtime::__private::gated!(__otel_span_name, "shop.charge"),
            ::otel_runtime::__private::SpanKind::Server, & [])
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_future(
                async move {
                    ::otel_runtime::__private::returns!(Result < (), Declined >);
                    self.bank.charge().await
                },
                |__returned: &Result<(), Declined>, _| {
                    ::otel_runtime::__private::outcome!(__returned)
                },
            )
            .await
    }
}
