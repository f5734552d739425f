use otel_runtime::{AttributeKey, traced};

mod keys {
    pub const ORDER_ID: super::AttributeKey = super::AttributeKey::new("order.id");
    pub const THE_ORDER: super::AttributeKey = super::AttributeKey::new("order.id");
}

#[traced(fields(keys::ORDER_ID = 1, keys::ORDER_ID = 2))]
fn by_its_path() {}

#[traced(fields(keys::ORDER_ID = 1, keys::THE_ORDER = 2))]
fn by_its_value() {}

#[traced(fields(order.id = 1, keys::THE_ORDER = 2))]
fn beside_a_literal() {}

#[derive(otel_runtime::Attributes)]
struct Order {
    #[attribute(key = keys::THE_ORDER)]
    number: u64,
    #[attribute("order.id")]
    id: u64,
}

#[traced(ok(keys::ORDER_ID = |_| 1), err(keys::THE_ORDER = |_| 2))]
fn one_of_two_results() -> Result<(), String> {
    Ok(())
}

fn main() {}
