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
use crate::metering::Pattern;

/// The resource, as the configuration describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Described {
    pub(crate) detection: Detection,
    /// What was written, each key once.
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) schema_url: Option<String>,
}

/// What of that which a program can find out by itself is in the resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Detection {
    pub(crate) detectors: Vec<Detector>,
    /// The patterns of what is in it; none is everything.
    pub(crate) included: Vec<Pattern>,
    /// The patterns of what is not, whatever is included.
    pub(crate) excluded: Vec<Pattern>,
}

/// Who finds something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    Container,
    Host,
    Kubernetes,
    Lambda,
    Process,
    Service,
}

impl Detector {
    /// By their names in a configuration file.
    pub(crate) const NAMED: [(&'static str, Self); 6] = [
        ("container", Self::Container),
        ("host", Self::Host),
        ("kubernetes", Self::Kubernetes),
        ("lambda", Self::Lambda),
        ("process", Self::Process),
        ("service", Self::Service),
    ];

    /// Whether it is who finds out what this attribute says.
    fn finds(self, key: &str) -> bool {
        let namespaces: &[&str] = match self {
            Self::Container => &["container."],
            Self::Host => &["host.", "os."],
            Self::Kubernetes => &["k8s."],
            Self::Lambda => &["aws.", "cloud.", "faas."],
            Self::Process => &["process."],
            Self::Service => &["service."],
        };
        namespaces.iter().any(|namespace| key.starts_with(namespace))
    }
}

impl Detection {
    /// All that this build can.
    fn everything() -> Self {
        Self {
            detectors: if detectors::ARE_BUILT { Detector::NAMED.map(|(_, detector)| detector).to_vec() } else { Vec::new() },
            ..Self::default()
        }
    }

    fn detect(&self, variable: &dyn Fn(&str) -> Option<String>) -> Vec<KeyValue> {
        if self.detectors.is_empty() {
            return Vec::new();
        }
        let mut detected = detectors::detect(variable);
        detected.extend(variable("OTEL_SERVICE_NAME").map(|name| KeyValue::new(SERVICE_NAME, name)));
        detected.retain(|attribute| {
            let key = attribute.key.as_str();
            let is_among = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(key));
            self.detectors.iter().any(|detector| detector.finds(key))
                && (self.included.is_empty() || is_among(&self.included))
                && !is_among(&self.excluded)
        });
        detected
    }
}

impl Described {
    /// The feature without which most detectors find nothing, where that is off.
    #[cfg_attr(not(feature = "config-file"), allow(dead_code, reason = "a file asks for detectors"))]
    pub(super) fn missing_feature() -> Option<&'static str> {
        (!detectors::ARE_BUILT).then_some("resource")
    }

    /// What is detected, the attributes of `OTEL_RESOURCE_ATTRIBUTES`, and `OTEL_SERVICE_NAME`, which wins.
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        let mut described = Self { detection: Detection::everything(), ..Self::default() };
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
        is_named(&self.attributes)
    }

    /// What is detected, under what was written, under what the runtime says of itself.
    pub(super) fn build(&self, variable: &dyn Fn(&str) -> Option<String>) -> Resource {
        let distribution =
            [KeyValue::new("telemetry.distro.name", "otel-runtime"), KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION"))];
        let sdk = TelemetryResourceDetector.detect();
        let detected = self.detection.detect(variable);
        let unnamed = !self.is_named() && !is_named(&detected);
        let builder = Resource::builder_empty()
            .with_attributes(detected)
            .with_attributes(distribution)
            .with_attributes(self.attributes.iter().cloned())
            .with_attributes(unnamed.then(|| KeyValue::new(SERVICE_NAME, unknown_service())))
            .with_attributes(sdk.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
        match &self.schema_url {
            Some(url) => builder.with_schema_url([], url.clone()).build(),
            None => builder.build(),
        }
    }
}

fn is_named(attributes: &[KeyValue]) -> bool {
    attributes.iter().any(|attribute| attribute.key.as_str() == SERVICE_NAME && !attribute.value.as_str().is_empty())
}

const SERVICE_NAME: &str = "service.name";

/// `unknown_service:<name of the executable>`, as the semantic conventions ask.
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    name.map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}"))
}
