impl Shop {
    pub fn place_order(&self) {
        let __call = ::otel_runtime::__private::site!(
            "Shop::place_order", 0, [],
            .span(::otel_runtime::__private::SpanName::new("Shop::place_order"),
            ::otel_runtime::__private::SpanKind::Internal, & [])
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_scope(
                move || -> () {},
                |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
            )
    }
    pub fn len(&self) -> usize {
        self.orders.len()
    }
    fn private(&self) {}
    fn private_but_named(&self) {
        #[allow(unused_imports)]
        use traced as _;
        let __call = ::otel_runtime::__private::site!(
            "Shop::private_but_named", 0, [],
            .span(::otel_runtime::__private::SpanName::new("Shop::private_but_named"),
            ::otel_runtime::__private::SpanKind::Internal, & [])
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_scope(
                move || -> () {},
                |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
            )
    }
    pub fn skipped(&self) {
        #[allow(unused_imports)]
        use traced as _;
    }
    pub const fn is_const() {}
    pub const fn is_const_and_skipped() {
        #[allow(unused_imports)]
        use traced as _;
    }
}
