use otel_runtime::traced;

const ORDER_ID: &str = "order.id";

#[traced(fields(self::ORDER_ID = 1, crate::NOT_THERE = 2))]
fn handle() {}

fn main() {}
