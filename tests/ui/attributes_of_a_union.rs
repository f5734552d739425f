use otel_runtime::Attributes;

#[derive(Attributes)]
union Order {
    id: u64,
    number: u32,
}

fn main() {
    let order = Order { id: 1 };
    let _ = unsafe { order.id };
    let _ = Order { number: 1 };
}
