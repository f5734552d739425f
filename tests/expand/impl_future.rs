#[traced]
fn place_order(order: Order) -> impl Future<Output = Receipt> + Send {
    async move { order.place().await }
}
