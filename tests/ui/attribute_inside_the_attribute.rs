use otel_runtime::traced;

#[traced(#[cfg(unix)] root)]
fn place_order() {}

fn main() {
    place_order();
}
