#[traced(fields(order.id = id), ok(receipt.total = |receipt| receipt.total), err(retry.after = %|error| error.after))]
fn place_order(id: u64) -> Result<Receipt, OrderError> {
    place(id)
}
