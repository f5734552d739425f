use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "http.response")]
struct Response {
    status_code: String,
    #[attribute("http.route", debug)]
    route: Option<u8>,
    #[attribute("server.port", redact = hash)]
    port: u16,
}

fn main() {}
