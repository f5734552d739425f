use otel_runtime::counted;

#[counted(name = 7)]
fn place_order() {}

fn main() {
    place_order();
}
