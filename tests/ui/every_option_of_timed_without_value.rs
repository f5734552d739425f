use otel_runtime::timed;

#[timed(
    name,
    description,
    buckets,
    fields,
    only,
    except,
    crate,
)]
fn place_order() {}

fn main() {
    place_order();
}
