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
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any] [] []],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("order.id")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &(order.id));
            }
        });
    __call
        .in_boxed(
            move || -> ::core::pin::Pin<
                Box<
                    dyn ::core::future::Future<
                        Output = Result<Receipt, OrderError>,
                    > + ::core::marker::Send + 'async_trait,
                >,
            > { Box::pin(async move { self.place(order).await }) },
            |__call, __made| ::otel_runtime::__private::pinned(
                __call
                    .in_future(
                        __made,
                        |__returned: &Result<Receipt, OrderError>, _| {
                            ::otel_runtime::__private::outcome!(__returned)
                        },
                    ),
            ),
        )
}
