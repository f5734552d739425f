//! The libraries that `otel-runtime` has something for.

use std::fmt;

use cargo_lock::{Lockfile, Package};
use semver::VersionReq;

/// A library, and what is for it.
pub(crate) struct Library {
    /// The crate that tells that a program has it.
    name: &'static str,
    /// The versions that fit.
    versions: &'static str,
    /// The feature of `otel-runtime`.
    feature: &'static str,
    /// What is written.
    line: &'static str,
}

const fn library(name: &'static str, versions: &'static str, feature: &'static str, line: &'static str) -> Library {
    Library { name, versions, feature, line }
}

/// Of each layer one row, in the order of a request.
#[rustfmt::skip]
pub(crate) const LIBRARIES: &[Library] = &[
    library("axum", "0.8", "axum", "Router::new()….layer(otel_runtime::http::server())"),
    library("hyper", "1", "http", "otel_runtime::http::server().layer(service)"),
    library("reqwest", "0.13", "reqwest", "reqwest_middleware::ClientBuilder::new(client).with(otel_runtime::http::client()).build()"),
    library("tonic", "0.14", "tonic-transport", "Server::builder().layer(otel_runtime::grpc::server()); otel_runtime::grpc::client().to(endpoint.uri()).layer(channel)"),
    library("sqlx-sqlite", "0.9", "sqlx-sqlite", "otel_runtime::sqlx::Pool::new(pool)"),
    library("sqlx-postgres", "0.9", "sqlx-postgres", "otel_runtime::sqlx::Pool::new(pool)"),
    library("sqlx-mysql", "0.9", "sqlx-mysql", "otel_runtime::sqlx::Pool::new(pool)"),
    library("async-nats", "0.51", "async-nats", "otel_runtime::messaging::traced(client)"),
    library("lapin", "4.12", "lapin", "otel_runtime::messaging::traced(channel)"),
    library("rdkafka", "0.39", "rdkafka", "otel_runtime::messaging::traced(producer)"),
    library("lambda_runtime", "1", "lambda", "lambda_runtime::run(otel_runtime::faas::lambda::handler(&telemetry, service_fn(handle)))"),
    library("rayon-core", "1", "rayon", "otel_runtime::context::rayon::spawn(…), join, scope"),
    library("tracing-subscriber", "0.3", "tracing", "tracing_subscriber::registry().with(telemetry.tracing_layer())"),
    library("log", "0.4", "log", "telemetry.install_log(log::LevelFilter::Info)?"),
];

/// A library that was found.
pub(crate) enum Fit<'a> {
    Fits {
        library: &'static Library,
        package: &'a Package,
    },
    /// It is there in a version that nothing is for.
    OtherVersion {
        library: &'static Library,
        package: &'a Package,
    },
}

impl Library {
    pub(crate) fn fits<'a>(&'static self, lock: &'a Lockfile) -> impl Iterator<Item = Fit<'a>> {
        let versions = VersionReq::parse(self.versions).unwrap_or_default();
        lock.packages.iter().filter(|package| package.name.as_str() == self.name).map(move |package| {
            if versions.matches(&package.version) {
                Fit::Fits { library: self, package }
            } else {
                Fit::OtherVersion { library: self, package }
            }
        })
    }
}

impl Fit<'_> {
    pub(crate) fn feature(&self) -> Option<&'static str> {
        match self {
            Self::Fits { library, .. } => Some(library.feature),
            Self::OtherVersion { .. } => None,
        }
    }
}

impl fmt::Display for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits { library, package } => {
                let found = format!("{} {}", package.name, package.version);
                write!(f, "{found:28} feature {:16} {}", library.feature, library.line)
            }
            Self::OtherVersion { library, package } => {
                let found = format!("{} {}", package.name, package.version);
                write!(f, "{found:28} does not fit: the feature {} is for {} {}", library.feature, library.name, library.versions)
            }
        }
    }
}
