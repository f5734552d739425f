use otel_runtime::traced;

#[traced(kind = client, kind = server)]
fn place_order() {}

fn main() {
    place_order();
}
