//! `cargo run --example doctor -- path/to/Cargo.lock`, as a user runs it.

use std::path::Path;
use std::time::Duration;

use tests::example::example;
use tests::process::{Child, Output};

fn doctor(lock: &Path) -> Output {
    let mut command = example("doctor");
    command.arg(lock);
    Child::spawn(command).wait_with_timeout(Duration::from_secs(300))
}

#[test]
fn it_names_what_fits_and_what_clashes() {
    let output = doctor(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/shop.lock"));
    assert!(output.status.success(), "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "otel-runtime = { version = \"0.1.0\", features = [\"axum\", \"http\", \"sqlx-postgres\"] }");
    let has =
        |parts: &[&str]| assert!(lines.iter().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in\n{}", output.stdout);
    has(&["axum 0.8.4 ", "feature axum ", ".layer(otel_runtime::http::server())"]);
    has(&["sqlx-postgres 0.9.0 ", "otel_runtime::sqlx::Pool::new(pool)"]);
    has(&["reqwest 0.11.27 ", "does not fit: the feature reqwest is for reqwest 0.13"]);
    has(&["opentelemetry 0.27.1 beside 0.33", "opentelemetry_sdk 0.27.1, shop 1.2.3"]);
    assert!(!output.stdout.contains("opentelemetry 0.33.1"), "ours is no clash");
    assert!(!output.stdout.contains("sqlx-mysql"), "what is not there is not named");
}

#[test]
fn a_file_that_is_none_is_named() {
    let output = doctor(Path::new("/nowhere/Cargo.lock"));
    assert!(!output.status.success() && output.stderr.contains("/nowhere/Cargo.lock"), "{}", output.stderr);
}
