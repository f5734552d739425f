use otel_runtime::traced;

#[traced(fields(http.request.header.x-request-id = "7"))]
fn handle() {}

fn main() {}
