#[counted(
    "shop.orders",
    unit = "{order}",
    description = "Orders placed.",
    in_flight,
    fields(payment.method = order.method, shop = unbounded(%order.shop), member),
    crate = crate::telemetry
)]
fn place_order(order: &Order, member: bool) -> Result<Receipt, OrderError> {
    order.place(member)
}
