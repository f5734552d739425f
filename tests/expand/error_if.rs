#[traced(error_if = |count| *count == 0)]
fn items(order: &Order) -> usize {
    order.items.len()
}
