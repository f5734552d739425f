use otel_runtime::traced;

#[traced(item_events)]
fn orders() -> impl Iterator<Item = u64> {
    [1, 2].into_iter()
}

fn main() {
    drop(orders());
}
