use otel_runtime::traced;

trait Shop {
    #[traced]
    fn place_order(&self);
}

struct Tea;

impl Shop for Tea {
    fn place_order(&self) {}
}

fn main() {
    Tea.place_order();
}
