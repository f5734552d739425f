use otel_runtime::{Attributes, counted, traced};

#[traced(fields(server.port = %80, http.response.status_code = ?status, url.full = %"http://shop.example"))]
fn handle(status: u16) {}

#[counted("shop.orders", fields(server.port = unbounded(%80)))]
fn count() {}

#[derive(Attributes)]
struct Response {
    #[attribute("http.response.status_code", display)]
    status: u16,
    #[attribute("server.port", redact = hash)]
    port: u16,
}

fn main() {}
