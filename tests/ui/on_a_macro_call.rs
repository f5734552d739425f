use otel_runtime::traced;

#[traced]
thread_local! {
    static ORDERS: u32 = 7;
}

fn main() {
    ORDERS.with(|_| {});
}
