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

fn main() {}
