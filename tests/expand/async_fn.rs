#[traced]
async fn place_order(order: &Order) -> Result<Receipt, OrderError> {
    let total = order.total().await?;
    Ok(Receipt { total })
}
