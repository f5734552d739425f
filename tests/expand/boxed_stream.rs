#[traced]
fn orders(shop: Shop) -> Pin<Box<dyn Stream<Item = Order> + Send>> {
    Box::pin(shop.receive())
}
