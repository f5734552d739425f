use otel_runtime::traced;

struct Shop;

#[traced(
    "shop",
    fields(a = 1),
    ok(b = |_| 1),
    err(c = |_| 1),
    error_if = |_| true,
    root,
    links = &[],
    baggage(tenant.id = "a"),
    item_events,
)]
impl Shop {
    fn new() -> Self {
        Self
    }

    fn place_order(&self) {}
}

fn main() {
    Shop::new().place_order();
}
