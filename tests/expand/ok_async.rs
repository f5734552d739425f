#[traced(ok(found = Option::is_some))]
async fn find(id: u64) -> Option<Order> {
    store::find(id).await
}
