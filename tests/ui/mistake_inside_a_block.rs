use otel_runtime::traced;

struct Shop;

#[traced(kind = client)]
impl Shop {
    #[traced(knid = server)]
    fn place_order(&self) {}

    #[traced(fields(order.id))]
    const fn charge(&self) {}

    fn reserve(&self) {}
}

fn main() {
    Shop.place_order();
    Shop.charge();
    Shop.reserve();
}
