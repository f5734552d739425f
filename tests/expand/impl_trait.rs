#[traced(name = names::RECEIPTS)]
fn receipts<'a, T: Into<Query>>(&'a self, query: T) -> Result<impl Iterator<Item = Receipt> + 'a, OrderError>
where
    T: Clone,
{
    self.find(query.into())
}
