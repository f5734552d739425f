#[traced(fields(items = N))]
unsafe fn place_order<'a, T: Into<Order>, const N: usize>((first, _): (T, u8), mut rest: [T; N], at: impl Fn() -> u64) -> &'a str
where
    T: Clone + 'a,
{
    #![allow(unused_mut)]
    rest[0] = first;
    name(at())
}
