use otel_runtime::counted;

#[counted(kind = client)]
fn place_order() {}

fn main() {
    place_order();
}
