use otel_runtime::counted;

#[counted("shop.orders", fields(http.request.methd = "GET"))]
fn misspelt() {}

fn main() {}
