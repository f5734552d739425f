#[timed]
async fn place_order(order: Order) -> Receipt {
    order.place().await
}
