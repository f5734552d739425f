#[timed("shop.order.duration", description = "Time to place an order.", buckets = [0.01, 0.1, 1.0])]
fn place_order(order: &Order) {
    order.place();
}
