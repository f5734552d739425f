//! What the tests of the framework share: an OTLP receiver that records what an exporter sends, a runner for child processes, a real OTLP
//! agent, Python packages and other tools from outside, and telemetry that sends to either.

pub mod annotated;
#[cfg(unix)]
pub mod brokers;
pub mod chance;
pub mod chatty;
pub mod conventions;
pub mod example;
pub mod fetched;
pub mod http;
pub mod points;
pub mod process;
pub mod propagation;
pub mod receiver;
pub mod recorded;
pub mod relay;
pub mod rotel;
pub mod shop;
pub mod sql;
pub mod telemetry;
pub mod tls;
pub mod venv;

/// Says that a test did not look at something, past the test harness, which shows nothing of a test that passes.
pub fn skipped(reason: impl std::fmt::Display) {
    use std::io::Write;

    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// The README's Rust blocks, compiled and run by `cargo test --doc`.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
