use otel_runtime::{Attributes, traced};

#[traced(fields(code.function.name = "handle", "error.type" = "mine", function.outcome = "well", otel.status_code = "OK"))]
fn handle() {}

#[derive(Attributes)]
struct Place {
    #[attribute("code.file.path")]
    file: String,
    #[attribute("otel.scope.name")]
    scope: String,
}

fn main() {}
