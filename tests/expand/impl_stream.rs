#[traced(item_events)]
fn orders(&self) -> impl Stream<Item = Result<Order, OrderError>> + '_ {
    self.receive()
}
