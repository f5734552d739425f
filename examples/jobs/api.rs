//! `api`: takes orders, and puts them into the queue.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use async_nats::Client;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use examples::{ended, is_driven};
use otel_runtime::http;
use otel_runtime::messaging::Traced;
use tokio::net::TcpListener;

use crate::queue;

async fn order(State(queue): State<Traced<Client>>, Path(item): Path<String>) -> Result<StatusCode, StatusCode> {
    // A dot would be two words of a subject, and so would be what NATS keeps for itself.
    if item.is_empty() || !item.chars().all(char::is_alphanumeric) {
        return Err(StatusCode::NOT_FOUND);
    }
    queue.publish(format!("orders.{item}"), item.into()).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    let queue = queue::nats().await?;
    let app = Router::new().route("/orders/{item}", post(order)).with_state(queue.clone()).layer(http::server());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, if is_driven() { 0 } else { 8000 })).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(ended()).await?;
    queue.flush().await?;
    Ok(())
}
