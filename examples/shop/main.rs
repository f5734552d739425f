//! Three services that call each other, with everything that `otel-runtime` has for them: `cargo run -p examples --example shop`.
//!
//! ```text
//! you ──► server ──► api1 ──► SQLite   registers users
//!            └─────► api2              greets, and fails on /err
//! ```
//!
//! Without arguments it starts all three on free ports of the loopback interface, sends a few requests, and ends them: their traces are printed, one
//! tree each over all services, then what they logged, with the ids of the traces, and what Prometheus would scrape. `shop serve server`, `shop serve
//! api1` and `shop serve api2` each run one, on the ports 8000 to 8002, until they are interrupted.
//!
//! With a backend it is `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run -p examples --example shop`, and nothing else.

#![allow(clippy::print_stdout, reason = "an example may print")]

mod api1;
mod api2;
mod drive;
mod server;
mod service;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => drive::drive().await,
        ["serve", service] => service::serve(service.parse()?).await,
        _ => Err("usage: shop [serve server|api1|api2]".into()),
    }
}
