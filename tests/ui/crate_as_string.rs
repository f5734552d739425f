use otel_runtime::traced;

#[traced(crate = "otel_runtime")]
fn place_order() {}

fn main() {
    place_order();
}
