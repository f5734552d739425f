use otel_runtime::counted;

#[counted(fields(member = member, "member" = true))]
fn place_order(member: bool) {
    let _ = member;
}

fn main() {
    place_order(true);
}
