#[allow(unused_mut)]
unsafe fn place_order<'a, T: Into<Order>, const N: usize>(
    (first, _): (T, u8),
    mut rest: [T; N],
    at: impl Fn() -> u64,
) -> &'a str
where
    T: Clone + 'a,
{
    let __call = ::otel_runtime::__private::site!(
        "place_order", 0, [[Any] [] []],
        .span(::otel_runtime::__private::SpanName::new("place_order"),
        ::otel_runtime::__private::SpanKind::Internal, &
        [::otel_runtime::__private::AttributeKey::new("items")])
    )
        .start(|__fields| {
            if __fields.records() {
                __fields.set(0, &(N));
            }
        });
    __call
        .in_scope(
            move || -> &'a str {
                rest[0] = first;
                name(at())
            },
            |__returned: &&'a str, _| { ::otel_runtime::__private::outcome!(__returned) },
        )
}
