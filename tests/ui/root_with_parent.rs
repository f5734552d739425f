use otel_runtime::opentelemetry::Context;
use otel_runtime::traced;

#[traced(root, parent = parent)]
fn place_order(parent: Context) {
    drop(parent);
}

fn main() {
    place_order(Context::new());
}
