use otel_runtime::traced;

#[traced(fields(order.id = 7))]
async fn place_order() {
    span.set();
    fields.set(0, &1);
    let _ = SITE;
}

fn main() {
    let _ = place_order();
}
