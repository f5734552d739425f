fn place_order(order: &Order, member: bool) -> Result<Receipt, OrderError> {
    let __call = crate::telemetry::__private::site!(
        "place_order", 0, [[] [Any, String, Any] []], .count(crate
        ::telemetry::__private::Count { name : crate
        ::telemetry::__private::gated!(__otel_metric_name, "shop.orders"), unit : crate
        ::telemetry::__private::Unit::new("{order}"), description : "Orders placed.",
        in_flight : true, keys : & [crate
        ::telemetry::__private::AttributeKey::new("payment.method"), crate
        ::telemetry::__private::AttributeKey::new("shop"), crate
        ::telemetry::__private::AttributeKey::new("member")], })
    )
        .start(|__fields| {
            if __fields.counts() {
                __fields.count(0, &(order.method));
                __fields
                    .count(
                        1,
                        &crate::telemetry::__private::Unbounded(
                            &crate::telemetry::__private::Displayed(&(order.shop)),
                        ),
                    );
                __fields.count(2, &(member));
            }
        });
    __call
        .in_scope(
            move || -> Result<Receipt, OrderError> { order.place(member) },
            |__returned: &Result<Receipt, OrderError>, _| {
                crate::telemetry::__private::outcome!(__returned)
            },
        )
}
