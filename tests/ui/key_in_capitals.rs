use otel_runtime::traced;

#[traced(fields(ORDER_ID = 7))]
fn handle() {}

fn main() {}
