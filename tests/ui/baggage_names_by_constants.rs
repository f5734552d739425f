use otel_runtime::{AttributeKey, traced};

const SLASH: AttributeKey = AttributeKey::new("tenant/id");
const TENANT: AttributeKey = AttributeKey::new("tenant.id");

#[traced(baggage(SLASH = 1))]
fn slash() {}

#[traced(baggage(tenant.id = 1, TENANT = 2))]
fn twice() {}

fn main() {
    slash();
    twice();
}
