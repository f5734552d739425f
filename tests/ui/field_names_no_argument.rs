use otel_runtime::traced;

#[traced(fields(user_id))]
fn place_order(user: u64) {
    drop(user);
}

fn main() {
    place_order(1);
}
