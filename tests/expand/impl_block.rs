#[traced(kind = client)]
impl<T: Store> Shop<T> {
    const NAME: &'static str = "shop";

    pub fn place_order(&self, order: &Order) {
        self.store.place(order);
    }

    #[traced("shop.charge", kind = server)]
    async fn charge(self: Arc<Self>) -> Result<(), Declined> {
        self.bank.charge().await
    }
}
