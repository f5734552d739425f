#[timed("shop.order.duration", buckets = buckets::SLOW)]
fn place_order(order: &Order) {
    order.place();
}
