use otel_runtime::opentelemetry::Context;
use otel_runtime::traced;

#[traced(links = &context)]
fn place_order(context: Context) {
    drop(context);
}

fn main() {
    place_order(Context::new());
}
