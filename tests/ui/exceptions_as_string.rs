use otel_runtime::traced;

#[traced(exceptions = "logs")]
fn place_order() {}

fn main() {
    place_order();
}
