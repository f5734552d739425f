use otel_runtime::traced;

#[traced(baggage(tenant.id = 1, "tenant.id" = 2))]
fn place_order() {}

fn main() {
    place_order();
}
