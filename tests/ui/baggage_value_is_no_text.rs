use otel_runtime::traced;

struct Tenant;

#[traced(baggage(tenant.id = tenant))]
fn place_order(tenant: Tenant) {}

fn main() {
    place_order(Tenant);
}
