#[traced]
fn place_order(order: &Order) -> Result<Receipt, OrderError> {
    let total = order.total()?;
    Ok(Receipt { total })
}
