use otel_runtime::traced;

#[traced]
use std::mem::drop as discard;

fn main() {
    discard(1);
}
