use otel_runtime::opentelemetry::Context;
use otel_runtime::traced;

#[traced(
    "a",
    name = A,
    kind = client,
    kind = server,
    fields(a = 1),
    fields(b = 2),
    scope = "a",
    scope = "b",
    baggage(tenant.id = "a"),
    baggage(tenant.id = "b"),
    exceptions = logs,
    exceptions = events,
    crate = ::otel_runtime,
    crate = ::otel_runtime,
)]
fn place_order() {}

#[traced(
    ok(a = |_| 1),
    ok(b = |_| 2),
    err(c = |_| 3),
    err(d = |_| 4),
    error_if = |_| true,
    error_if = |_| false,
)]
fn charge() -> Result<(), String> {
    Ok(())
}

#[traced(
    ok_if = |_| true,
    ok_if = |_| false,
    parent = parent,
    parent = parent,
    links = &[],
    links = &[],
)]
fn reserve(parent: Context) {
    drop(parent);
}

#[traced(root, root)]
fn ship() {}

struct Shop;

#[traced(
    only(pub),
    only(pub),
    except(new),
    except(new),
)]
impl Shop {
    pub fn new() -> Self {
        Self
    }

    #[traced(skip, skip)]
    pub fn close(self) {}
}

fn main() {
    place_order();
    let _ = charge();
    reserve(Context::new());
    ship();
    Shop::new().close();
}
