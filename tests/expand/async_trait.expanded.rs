fn place_order<'life0, 'life1, 'async_trait>(
    &'life0 self,
    order: &'life1 Order,
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<
            Output = Result<Receipt, OrderError>,
        > + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    'life1: 'async_trait,
    Self: 'async_trait,
{
    let span = ::otel_runtime::__private::site!(
        ::otel_runtime::__private::SpanName::new("place_order"), Internal,
        [::otel_runtime::__private::AttributeKey::new("order.id")], "place_order", 0
    )
        .start(|fields| {
            fields.set(0, &(order.id));
        });
    span.in_boxed(
        move || -> ::core::pin::Pin<
            Box<
                dyn ::core::future::Future<
                    Output = Result<Receipt, OrderError>,
                > + ::core::marker::Send + 'async_trait,
            >,
        > { Box::pin(async move { self.place(order).await }) },
        |span, future| ::otel_runtime::__private::pinned(
            span
                .in_future(
                    future,
                    |returned: &Result<Receipt, OrderError>| {
                        ::otel_runtime::__private::outcome!(returned)
                    },
                ),
        ),
    )
}
