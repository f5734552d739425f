use otel_runtime::traced;

struct Shop;

#[traced(only(place_order))]
impl Shop {
    fn new() -> Self {
        Self
    }

    fn place_order(&self) {}
}

fn main() {
    Shop::new().place_order();
}
