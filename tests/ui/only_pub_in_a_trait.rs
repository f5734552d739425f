use otel_runtime::traced;

#[traced(only(pub))]
trait Shop {
    fn place_order(&self) {}
}

struct Tea;

impl Shop for Tea {}

fn main() {
    Tea.place_order();
}
