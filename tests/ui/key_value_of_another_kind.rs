use otel_runtime::traced;

#[derive(Debug)]
enum Method {
    Get,
}

#[traced(fields(
    http.response.status_code = "200",
    server.port = "80".to_owned(),
    http.route = 7,
    process.command_args = "one",
    http.request.method = ?Method::Get,
    http.request.header.accept = "text/html",
    url.full = None::<u8>,
))]
fn handle() {}

fn main() {}
