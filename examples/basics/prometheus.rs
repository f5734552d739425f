//! Metrics that Prometheus scrapes: `cargo run -p basics --example prometheus`, and meanwhile, in another terminal, `curl localhost:9464/metrics`.

#![allow(clippy::print_stdout, reason = "an example may print")]

use std::error::Error;
use std::io;
use std::time::Duration;

use otel_runtime::{counted, timed};

#[counted("shop.orders", unit = "{order}", description = "Orders that customers have placed.")]
#[timed("shop.order.duration", buckets = [0.01, 0.1, 1.0])]
fn place_order(id: u64) -> io::Result<()> {
    std::thread::sleep(Duration::from_millis(id % 3 * 40));
    if id.is_multiple_of(5) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = otel_runtime::builder()
        .fallback("OTEL_SERVICE_NAME", "shop")
        .fallback("OTEL_TRACES_EXPORTER", "none")
        .fallback("OTEL_METRICS_EXPORTER", "prometheus")
        .fallback("OTEL_LOGS_EXPORTER", "none")
        .init()?;
    if let Some(address) = telemetry.prometheus_address() {
        println!("curl http://{address}/metrics");
    }
    // Until it is interrupted.
    for id in 1.. {
        if let Err(error) = place_order(id) {
            println!("order {id}: {error}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
