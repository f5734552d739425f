use otel_runtime::traced;

struct Shop;

#[traced(kind = clinet)]
impl Shop {
    fn place_order(&self) {}

    fn charge(&self) {}
}

fn main() {
    Shop.place_order();
    Shop.charge();
}
