#[derive(Attributes)]
struct Page<'a, T: AttributeValue, const N: usize>(#[attribute("page.items")] &'a [T; N])
where
    T: 'a;
