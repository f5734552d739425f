//! The resource: what stands for this program in everything that it sends.

#[cfg(feature = "resource")]
mod detectors;
#[cfg(not(feature = "resource"))]
#[path = "resource/detectors_absent.rs"]
mod detectors;

use std::path::Path;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};

use super::env::Env;

/// What is detected, under the attributes of `OTEL_RESOURCE_ATTRIBUTES`, under those of `OTEL_SERVICE_NAME`, under those given in code.
pub(super) fn resource(env: &mut Env<'_>, attributes: &[KeyValue]) -> Resource {
    let detected = detectors::detect(&|variable| env.foreign(variable));
    let written = env.attributes("OTEL_RESOURCE_ATTRIBUTES");
    let service_name = env.string("OTEL_SERVICE_NAME");
    let named = written.iter().any(|(key, value)| key == "service.name" && !value.is_empty());
    let service_name = service_name.or_else(|| (!named).then(unknown_service));
    if let Some(name) = &service_name {
        env.holds("OTEL_SERVICE_NAME", name);
    }
    let distribution =
        [KeyValue::new("telemetry.distro.name", "otel-runtime"), KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION"))];
    let sdk = TelemetryResourceDetector.detect();
    Resource::builder_empty()
        .with_attributes(detected)
        .with_attributes(distribution)
        .with_attributes(written.into_iter().map(|(key, value)| KeyValue::new(key, value)))
        .with_attributes(service_name.map(|name| KeyValue::new("service.name", name)))
        .with_attributes(attributes.iter().cloned())
        .with_attributes(sdk.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .build()
}

/// `unknown_service:<name of the executable>`, as the semantic conventions ask.
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    name.map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}"))
}
