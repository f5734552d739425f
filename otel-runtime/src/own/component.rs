//! What the parts of the telemetry are called in metrics.

use std::collections::HashMap;

use opentelemetry::KeyValue;

/// The attributes of a processor, an exporter or a reader.
#[derive(Clone, Debug)]
pub(crate) struct Component(Vec<KeyValue>);

/// Numbers those of a type.
#[derive(Debug, Default)]
pub(crate) struct Components(HashMap<String, usize>);

impl Components {
    /// One more of a type: one of the conventions' `otel.component.type`, or else the name of ours.
    pub(crate) fn another(&mut self, kind: impl Into<String>) -> Component {
        let kind = kind.into();
        self.named(kind.clone(), &kind)
    }

    /// One more of a name.
    pub(crate) fn named(&mut self, kind: impl Into<String>, name: &str) -> Component {
        let number = self.0.entry(name.to_owned()).or_default();
        let name = KeyValue::new("otel.component.name", format!("{name}/{number}"));
        *number += 1;
        Component(vec![name, KeyValue::new("otel.component.type", kind.into())])
    }
}

impl Component {
    /// The same, which talks to a server.
    pub(crate) fn at(mut self, address: String, port: u16) -> Self {
        self.0.extend([KeyValue::new("server.address", address), KeyValue::new("server.port", i64::from(port))]);
        self
    }

    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.0
    }

    /// With what is said of one value more.
    pub(crate) fn with(&self, attributes: impl IntoIterator<Item = KeyValue>) -> Vec<KeyValue> {
        self.0.iter().cloned().chain(attributes).collect()
    }
}
