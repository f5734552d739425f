use otel_runtime::counted;

#[counted(unit = "{order}", description = "Orders placed.")]
fn place_order() {}

fn main() {
    place_order();
}
