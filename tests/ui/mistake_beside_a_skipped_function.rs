use otel_runtime::traced;

struct Shop;

#[traced(knid = client)]
impl Shop {
    fn place_order(&self) {}

    #[traced(skip)]
    fn charge(&self) {}
}

fn main() {
    Shop.place_order();
    Shop.charge();
}
