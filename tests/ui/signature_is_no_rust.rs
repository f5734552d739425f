use otel_runtime::traced;

#[traced(kind = client)]
fn place_order(id u64) {}

fn main() {
    place_order(1);
}
