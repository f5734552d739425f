use otel_runtime::traced;

#[traced(kind = )]
fn place_order() {}

fn main() {
    place_order();
}
