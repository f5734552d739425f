use otel_runtime::counted;

#[counted(
    name,
    unit,
    description,
    fields,
    only,
    except,
    crate,
)]
fn place_order() {}

fn main() {
    place_order();
}
