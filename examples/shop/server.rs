//! `server`: what customers reach, which asks the other two.

use std::error::Error;
use std::fmt;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use otel_runtime::{ErrorType, counted, http, timed, traced};
use reqwest::Url;
use reqwest_middleware::ClientWithMiddleware;

use crate::service::Service;

#[derive(Clone)]
struct Shop {
    client: ClientWithMiddleware,
    api1: Url,
    api2: Url,
}

pub(crate) fn app() -> Result<Router, Box<dyn Error>> {
    // The one line that a client needs is its middleware.
    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::builder().build()?).with(http::client()).build();
    let shop = Shop { client, api1: Service::Api1.url().parse()?, api2: Service::Api2.url().parse()? };
    Ok(Router::new().route("/customers/{customer}/visit", post(visit)).route("/err", get(fail)).with_state(shop))
}

/// Why a visit came to nothing. The variant is the class of the error, in spans and metrics.
#[derive(Debug, ErrorType)]
pub(crate) enum VisitError {
    Unreachable(reqwest_middleware::Error),
    Refused(StatusCode),
}

impl fmt::Display for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "a service does not answer: {error}"),
            Self::Refused(status) => write!(f, "a service answered {status}"),
        }
    }
}

impl IntoResponse for VisitError {
    fn into_response(self) -> Response {
        // What is wrong inside is for us to know.
        StatusCode::BAD_GATEWAY.into_response()
    }
}

/// A customer comes in: everything that is called from here on, in whatever process, knows who it is.
#[traced(baggage(customer.id = customer))]
#[counted]
#[timed]
async fn visit(State(shop): State<Shop>, Path(customer): Path<String>) -> Result<String, VisitError> {
    let visits = ask(shop.client.post(url(&shop.api1, &["users", &customer]))).await?;
    let greeting = ask(shop.client.get(url(&shop.api2, &["hello", &customer]))).await?;
    tracing::info!(shop.customer.visits = visits, "a customer was greeted");
    Ok(format!("{greeting} You are customer number {visits}.\n"))
}

#[traced]
#[counted]
async fn fail(State(shop): State<Shop>) -> Result<String, VisitError> {
    ask(shop.client.get(url(&shop.api2, &["err"]))).await
}

/// A path of a service, in which nothing that a customer says is more than one segment.
fn url(service: &Url, path: &[&str]) -> Url {
    let mut url = service.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(path);
    }
    url
}

async fn ask(request: reqwest_middleware::RequestBuilder) -> Result<String, VisitError> {
    let answer = request.send().await.map_err(VisitError::Unreachable)?;
    if !answer.status().is_success() {
        return Err(VisitError::Refused(answer.status()));
    }
    answer.text().await.map_err(|error| VisitError::Unreachable(error.into()))
}
