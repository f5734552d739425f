#[counted]
#[timed]
impl Handler for crate::shop::Shop {
    fn handle(&self, order: Order) {
        self.place(order);
    }
}
