#[counted(name = names::ORDERS, unit = names::ORDER)]
fn place_order(order: &Order) {
    order.place();
}
