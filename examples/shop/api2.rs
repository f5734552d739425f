//! `api2`: friendly, and sometimes out of order.

use std::fmt;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use otel_runtime::{ErrorType, traced};

pub(crate) fn app() -> Router {
    Router::new().route("/hello/{name}", get(hello)).route("/err", get(err))
}

async fn hello(Path(name): Path<String>) -> String {
    greet(&name)
}

#[traced]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

async fn err() -> Result<String, StatusCode> {
    brew().map_err(|error| {
        tracing::error!(%error, "no greeting without tea");
        StatusCode::SERVICE_UNAVAILABLE
    })
}

#[derive(Debug, ErrorType)]
enum BrewError {
    OutOfTea,
}

impl fmt::Display for BrewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no tea left")
    }
}

#[traced]
fn brew() -> Result<String, BrewError> {
    Err(BrewError::OutOfTea)
}
