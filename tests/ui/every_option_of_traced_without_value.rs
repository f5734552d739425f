use otel_runtime::traced;

#[traced(
    name,
    kind,
    fields,
    ok,
    err,
    error_if,
    ok_if,
    parent,
    links,
    baggage,
    exceptions,
    scope,
    only,
    except,
    crate,
)]
fn place_order() {}

fn main() {
    place_order();
}
