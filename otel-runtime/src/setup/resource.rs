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

/// The resource, as the configuration describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Described {
    /// Whether what a program can find out by itself is in it.
    pub(crate) detected: bool,
    /// What was written, each key once.
    pub(crate) attributes: Vec<KeyValue>,
}

impl Described {
    /// What is detected, the attributes of `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME`, which wins.
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let mut described = Self { detected: true, attributes: Vec::new() };
        let written = env.attributes("OTEL_RESOURCE_ATTRIBUTES");
        described.add(written.into_iter().map(|(key, value)| KeyValue::new(key, value)));
        if let Some(name) = env.string("OTEL_SERVICE_NAME") {
            described.add([KeyValue::new(SERVICE_NAME, name)]);
        } else if !described.is_named() {
            env.holds("OTEL_SERVICE_NAME", unknown_service());
        }
        described
    }

    /// Adds attributes, which replace those that there are.
    pub(super) fn add(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        for attribute in attributes {
            match self.attributes.iter_mut().find(|known| known.key == attribute.key) {
                Some(known) => *known = attribute,
                None => self.attributes.push(attribute),
            }
        }
    }

    fn is_named(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.key.as_str() == SERVICE_NAME && !attribute.value.as_str().is_empty())
    }

    /// What is detected, under what was written, under what the runtime says of itself.
    pub(super) fn build(&self, variable: &dyn Fn(&str) -> Option<String>) -> Resource {
        let distribution =
            [KeyValue::new("telemetry.distro.name", "otel-runtime"), KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION"))];
        let sdk = TelemetryResourceDetector.detect();
        Resource::builder_empty()
            .with_attributes(if self.detected { detectors::detect(variable) } else { Vec::new() })
            .with_attributes(distribution)
            .with_attributes(self.attributes.iter().cloned())
            .with_attributes((!self.is_named()).then(|| KeyValue::new(SERVICE_NAME, unknown_service())))
            .with_attributes(sdk.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
            .build()
    }
}

const SERVICE_NAME: &str = "service.name";

/// `unknown_service:<name of the executable>`, as the semantic conventions ask.
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    name.map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}"))
}
