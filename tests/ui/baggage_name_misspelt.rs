use otel_runtime::traced;

#[traced(baggage(user.emial = "a@b.c"))]
fn place_order() {}

fn main() {
    place_order();
}
