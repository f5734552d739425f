use otel_runtime::traced;

#[traced(exceptions = spans)]
fn place_order() {}

fn main() {
    place_order();
}
