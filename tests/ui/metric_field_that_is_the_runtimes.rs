use otel_runtime::counted;

#[counted(fields(error.type = "none", function.outcome = "ok", code.function.name = "f"))]
fn place_order() {}

fn main() {
    place_order();
}
