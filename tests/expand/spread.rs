#[traced(fields(..order, shop.name = shop, ..shop.address))]
fn place_order(order: &Order, shop: &Shop) {
    shop.place(order);
}
