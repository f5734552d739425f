use otel_runtime::traced;

#[traced(kind = client; root)]
fn place_order() {}

fn main() {
    place_order();
}
