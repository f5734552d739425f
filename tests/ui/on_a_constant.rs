use otel_runtime::traced;

#[traced]
const ORDERS: u32 = 7;

fn main() {
    let _ = ORDERS;
}
