#[traced(fields(order.id = order.id))]
#[counted("shop.orders", fields(payment.method = order.method))]
#[timed("shop.order.duration", fields(member = order.member))]
fn place_order(order: &Order) {
    order.place();
}
