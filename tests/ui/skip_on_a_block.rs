use otel_runtime::traced;

struct Shop;

#[traced(skip)]
impl Shop {
    fn new() -> Self {
        Self
    }

    fn place_order(&self) {}
}

fn main() {
    Shop::new().place_order();
}
