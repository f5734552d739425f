use otel_runtime::traced;

#[traced(
    name = ,
    kind = ,
    scope = ,
    error_if = ,
    crate = ,
)]
fn place_order() {}

fn main() {
    place_order();
}
