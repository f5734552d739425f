#[traced(scope = "shop")]
fn place_order(order: &Order) {
    order.place();
}
