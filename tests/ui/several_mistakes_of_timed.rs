use otel_runtime::timed;

#[timed(
    unit = "ms",
    buckets = ,
    description = 7,
    level,
    fields(%id, id id, id),
)]
fn place_order(id: u64) {
    drop(id);
}

fn main() {
    place_order(1);
}
