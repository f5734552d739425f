use otel_runtime::traced;

#[traced(crate = ::telemetry)]
fn place_order() {}

fn main() {
    place_order();
}
