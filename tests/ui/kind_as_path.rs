use otel_runtime::traced;

#[traced(kind = SpanKind::Client)]
fn place_order() {}

fn main() {
    place_order();
}
