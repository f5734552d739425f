use otel_runtime::traced;

#[traced(kind = client)]
fn place_order(id: u64) -> u64 {
    let next = id + ;
    next
}

fn main() {
    place_order(1);
}
