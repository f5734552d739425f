use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "http.request")]
struct Request {
    methd: String,
    #[attribute("user.emial")]
    user: String,
    #[attribute("http.response.status_code")]
    status: String,
}

fn main() {}
