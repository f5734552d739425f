#![deny(deprecated)]

use otel_runtime::Attributes;

#[derive(Attributes)]
#[attributes(prefix = "http")]
struct Request {
    method: String,
    #[allow(deprecated)]
    url: String,
}

#[derive(Attributes)]
#[attributes(prefix = "http")]
#[allow(deprecated)]
struct Old {
    method: String,
}

fn main() {}
