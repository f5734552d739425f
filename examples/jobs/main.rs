//! A queue between services, with everything that `otel-runtime` has for it: `cargo run -p examples --example jobs`.
//!
//! ```text
//! you ──► api ──► NATS ──► worker ──► Redis, SQLite    takes from the stock, and ships
//!                            └─────► NATS ──► mailer   tells customers, three shipments at a time
//! ```
//!
//! Without arguments it starts a NATS server, a Redis server and the three services, each on the loopback interface, sends a few orders, and ends them
//! all. Their traces are printed: that of an order goes through the queue to the worker, and what the mailer does with three shipments is a trace of
//! its own, which links to all who sent them. `nats-server` and `redis-server` have to be installed; where they are not, it says how.
//!
//! `jobs serve api`, `jobs serve worker` and `jobs serve mailer` each run one service, with the servers that `JOBS_NATS` (`localhost:4222`) and
//! `JOBS_REDIS` (`redis://localhost/`) name, until they are interrupted. With a backend it is
//! `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run -p examples --example jobs`, and nothing else.

#![allow(clippy::print_stdout, reason = "an example may print")]

mod api;
mod drive;
mod mailer;
mod queue;
mod servers;
mod worker;

use std::error::Error;

use self::queue::{NATS, REDIS};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["serve", service] = arguments[..] else {
        return if arguments.is_empty() { drive::drive().await } else { Err("usage: jobs [serve api|worker|mailer]".into()) };
    };
    let telemetry = examples::telemetry(otel_runtime::builder().fallback("OTEL_SERVICE_NAME", service))?;
    match service {
        "api" => api::serve().await?,
        "worker" => worker::serve().await?,
        "mailer" => mailer::serve().await?,
        _ => return Err(format!("there is no service `{service}`; there are api, worker and mailer").into()),
    }
    telemetry.shutdown()?;
    Ok(())
}
