use otel_runtime::{Attributes, MetricValue, counted, traced};

#[derive(Attributes)]
#[attributes(prefx = "order")]
struct Order {
    id: u64,
}

#[derive(MetricValue)]
enum Payment {
    Card(u64),
}

#[traced(fields(..order))]
#[counted("shop.orders", fields(payment))]
fn place_order(order: Order, payment: Payment) {
    drop((order, payment));
}

fn main() {
    place_order(Order { id: 1 }, Payment::Card(1));
}
