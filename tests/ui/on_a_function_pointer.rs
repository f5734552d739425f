use otel_runtime::traced;

#[traced]
const PLACE_ORDER: fn() = || {};

fn main() {
    PLACE_ORDER();
}
