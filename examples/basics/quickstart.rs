//! A small order workflow, and the tree that it leaves: `cargo run -p basics --example quickstart`.
//!
//! The same program sends to a backend when the environment says so: `OTEL_TRACES_EXPORTER=otlp cargo run -p basics --example quickstart`.

#![allow(clippy::print_stderr, reason = "an example may print")]

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use otel_runtime::{AttributeKey, ErrorType, context, traced};
use tokio::time::{sleep, timeout};

const CARRIER: AttributeKey = AttributeKey::new("shop.carrier");
const PARCEL: AttributeKey = AttributeKey::new("shop.parcel.number");

#[derive(Debug)]
struct Order {
    id: u64,
    items: Vec<&'static str>,
    card: &'static str,
}

#[derive(Debug)]
enum OrderError {
    CardDeclined,
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bank declined the card")
    }
}

impl Error for OrderError {}

impl ErrorType for OrderError {
    fn error_type(&self) -> Cow<'static, str> {
        match self {
            Self::CardDeclined => "card_declined".into(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // One of the tasks panics on purpose; a line is enough to say so.
    std::panic::set_hook(Box::new(|info| eprintln!("{info}")));

    let telemetry = otel_runtime::builder()
        .fallback("OTEL_SERVICE_NAME", "shop")
        .fallback("OTEL_TRACES_EXPORTER", "console")
        .fallback("OTEL_METRICS_EXPORTER", "none")
        .fallback("OTEL_LOGS_EXPORTER", "none")
        .init()?;

    morning().await;

    // Nothing here depends on a backend, so what could not be delivered is said, and no more.
    drop(telemetry);
    Ok(())
}

#[traced]
async fn morning() {
    let good = Order { id: 1, items: vec!["tea", "cup"], card: "4111" };
    let bad = Order { id: 2, items: vec!["samovar"], card: "0000" };
    let (placed, declined) = tokio::join!(place_order(&good), place_order(&bad));
    assert!(placed.is_ok() && declined.is_err());

    // A task starts without a context; this one gets ours.
    let report = context::spawn(report());
    // Dropped before it is ready: cancelled, which is neither ok nor an error.
    let _ = timeout(Duration::from_millis(8), newsletter()).await;
    // Panicked, and caught by the task.
    assert!(report.await.is_err());
}

#[traced("shop.place_order", fields(order.id = order.id, order.items = &order.items[..]))]
async fn place_order(order: &Order) -> Result<u32, OrderError> {
    let total = price(&order.items);
    let (charged, ()) = tokio::join!(charge(order.card, total), reserve(order.items.len()));
    charged?;
    ship(order).await;
    Ok(total)
}

#[traced(fields(order.items = items.len()))]
fn price(items: &[&str]) -> u32 {
    std::thread::sleep(Duration::from_millis(1));
    items.iter().map(|item| 100 * u32::try_from(item.len()).unwrap_or(0)).sum()
}

/// The number of the card is an argument and is not recorded: nothing is, unless it is named.
#[traced(kind = client, fields(server.address = "bank.example", payment.amount = total))]
async fn charge(card: &str, total: u32) -> Result<(), OrderError> {
    sleep(Duration::from_millis(6)).await;
    if card == "0000" { Err(OrderError::CardDeclined) } else { Ok(()) }
}

#[traced]
async fn reserve(_count: usize) {
    sleep(Duration::from_millis(3)).await;
}

#[traced(kind = producer, fields(order.id = order.id))]
async fn ship(order: &Order) {
    sleep(Duration::from_millis(2)).await;
    let span = otel_runtime::current();
    span.set(CARRIER, "pigeon");
    span.event("parcel packed", &[(PARCEL, &order.id)]);
}

#[traced]
async fn newsletter() {
    sleep(Duration::from_secs(60)).await;
}

#[traced]
async fn report() {
    sleep(Duration::from_millis(4)).await;
    panic!("the printer is on fire");
}
