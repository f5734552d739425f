#[traced(fields(order.id = order.id))]
fn place_order<'life0, 'life1, 'async_trait>(
    &'life0 self,
    order: &'life1 Order,
) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<Receipt, OrderError>> + ::core::marker::Send + 'async_trait>>
where
    'life0: 'async_trait,
    'life1: 'async_trait,
    Self: 'async_trait,
{
    Box::pin(async move { self.place(order).await })
}
