use otel_runtime::traced;

struct Shop;

#[traced]
impl Shop {
    #[cfg_attr(all(), traced("shop.place_order"))]
    fn place_order() {}
}

fn main() {
    Shop::place_order();
}
