#[traced("shop.place_order", kind = client, fields(server.address = host, order.id = %order.id, order.items = ?order.items, user_id))]
fn place_order(order: &Order, host: &str, user_id: u64) -> Receipt {
    order.place(host, user_id)
}
