#[traced(ok_if = Result::is_err)]
async fn must_fail(order: Order) -> Result<Receipt, OrderError> {
    order.place().await
}
