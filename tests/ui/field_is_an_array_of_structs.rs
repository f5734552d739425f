use otel_runtime::traced;

struct Item;

#[traced(fields(order.items = items))]
fn place_order(items: &[Item]) {
    let _ = items;
}

fn main() {
    place_order(&[Item]);
}
