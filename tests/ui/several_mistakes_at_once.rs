use otel_runtime::traced;

#[traced("a", "b", kind = clinet, level = debug, fields(id, id, =, order.id))]
const fn place_order(id: u64) {
    let _ = id;
}

fn main() {
    place_order(1);
}
