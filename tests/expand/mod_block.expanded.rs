mod shop {
    use super::Order;
    pub struct Shop<const N: usize>([Order; N]);
    impl Shop<{ 1 + 1 }> {
        fn place_order(&self) {
            let __call = crate::telemetry::__private::site!(
                "Shop::place_order", 0, [], .span(crate
                ::telemetry::__private::SpanName::new("Shop::place_order"), crate
                ::telemetry::__private::SpanKind::Internal, & [])
            )
                .start(crate::telemetry::__private::no_fields);
            __call
                .in_scope(
                    move || -> () {},
                    |__returned: &(), _| {
                        crate::telemetry::__private::outcome!(__returned)
                    },
                )
        }
    }
    mod bank {
        fn charge() {
            let __call = crate::telemetry::__private::site!(
                "charge", 0, [], .span(crate
                ::telemetry::__private::SpanName::new("charge"), crate
                ::telemetry::__private::SpanKind::Internal, & [])
            )
                .start(crate::telemetry::__private::no_fields);
            __call
                .in_scope(
                    move || -> () {},
                    |__returned: &(), _| {
                        crate::telemetry::__private::outcome!(__returned)
                    },
                )
        }
    }
    fn ship() {
        let __call = crate::telemetry::__private::site!(
            "ship", 0, [], .span(crate ::telemetry::__private::SpanName::new("ship"),
            crate ::telemetry::__private::SpanKind::Internal, & [])
        )
            .start(crate::telemetry::__private::no_fields);
        __call
            .in_scope(
                move || -> () {},
                |__returned: &(), _| {
                    crate::telemetry::__private::outcome!(__returned)
                },
            )
    }
}
