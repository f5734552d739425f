//! What the three services have in common: their telemetry, their address, their end.

use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::Router;
use examples::{ended, is_driven};
use otel_runtime::logs::WithIds;
use otel_runtime::{InitError, Telemetry, http};
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

use crate::{api1, api2, server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Server,
    Api1,
    Api2,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Api1 => "api1",
            Self::Api2 => "api2",
        }
    }

    /// The variable that names its address to those who call it, and where it is otherwise.
    pub(crate) fn address(self) -> (&'static str, u16) {
        match self {
            Self::Server => ("SHOP_SERVER", 8000),
            Self::Api1 => ("SHOP_API1", 8001),
            Self::Api2 => ("SHOP_API2", 8002),
        }
    }

    /// Where it is called, without a path.
    pub(crate) fn url(self) -> String {
        let (variable, port) = self.address();
        env::var(variable).unwrap_or_else(|_| format!("http://localhost:{port}"))
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let service = [Self::Server, Self::Api1, Self::Api2].into_iter().find(|service| service.name() == name);
        service.ok_or_else(|| format!("there is no service `{name}`; there are server, api1 and api2"))
    }
}

/// Runs one of the services until it is told to end.
pub(crate) async fn serve(service: Service) -> Result<(), Box<dyn Error>> {
    let telemetry = telemetry(service)?;
    tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(telemetry.tracing_layer())
        .with(tracing_subscriber::fmt::layer().with_ansi(false).without_time().map_event_format(WithIds))
        .init();
    let app = match service {
        Service::Server => server::app()?,
        Service::Api1 => api1::app().await?,
        Service::Api2 => api2::app(),
    };

    let port = if is_driven() { 0 } else { service.address().1 };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    println!("{}", telemetry.prometheus_address().map(|address| format!("http://{address}/metrics")).unwrap_or_default());
    // Customers do not say which trace is theirs; services in the same house do.
    let layer = if service == Service::Server { http::server().untrusted() } else { http::server() };
    serve_until(listener, app.layer(layer), ended()).await?;
    telemetry.shutdown()?;
    Ok(())
}

/// Who calls is what axum tells the layer.
async fn serve_until(listener: TcpListener, app: Router, end: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(end).await
}

fn telemetry(service: Service) -> Result<Telemetry, InitError> {
    let builder = otel_runtime::builder().fallback("OTEL_SERVICE_NAME", service.name());
    examples::telemetry(builder.fallback("OTEL_RUST_BAGGAGE_ATTRIBUTES", "customer.id"))
}
