#[timed]
#[traced(kind = server)]
#[counted(in_flight)]
async fn place_order(order: Order) -> Result<Receipt, OrderError> {
    order.place().await
}
