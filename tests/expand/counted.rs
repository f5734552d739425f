#[counted]
fn place_order(order: &Order) {
    order.place();
}
