#[traced(fields(%order, ?shop, r#type = r#type, "x-order" = ?order.headers))]
fn place_order(order: Order, shop: Shop, r#type: &str) {
    shop.place(order);
}
