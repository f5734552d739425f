#[traced(only(pub), except(len))]
impl Shop {
    pub fn place_order(&self) {}

    pub fn len(&self) -> usize {
        self.orders.len()
    }

    fn private(&self) {}

    #[traced]
    fn private_but_named(&self) {}

    #[traced(skip)]
    pub fn skipped(&self) {}

    pub const fn is_const() {}

    #[traced(skip)]
    pub const fn is_const_and_skipped() {}
}
