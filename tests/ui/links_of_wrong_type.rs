use otel_runtime::traced;

#[traced(links = ids)]
fn place_order(ids: Vec<u64>) {
    drop(ids);
}

fn main() {
    place_order(vec![]);
}
