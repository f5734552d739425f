//! The list of places as a registry for OpenTelemetry Weaver.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use opentelemetry_semantic_conventions::SCHEMA_URL;

use super::{Attribute, Metric, Site, span_kind};

/// A registry for Weaver, as the two files that it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weaver {
    /// `manifest.yaml`: what the registry is called, and that it builds on the semantic conventions.
    pub manifest: String,
    /// `telemetry.yaml`: the attributes, spans and metrics.
    pub definitions: String,
}

impl Weaver {
    /// Writes the files into a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("manifest.yaml"), &self.manifest)?;
        fs::write(folder.join("telemetry.yaml"), &self.definitions)
    }
}

/// The places as a definition registry of Weaver, for `weaver registry check` and what else can be made of one.
///
/// `schema_url` names the registry and its version, as `https://shop.example/schemas/1.0.0` does (OpenTelemetry specification, "Schema URL":
/// <https://opentelemetry.io/docs/specs/otel/schemas/#schema-url>). Attributes of the semantic conventions are references to theirs; those of a
/// template are the template. Where one span name, metric or key has several places, their attributes are joined, and a key is of the kind
/// that the places agree on. Everything is in `development`: nothing in the code says more.
///
/// ```
/// let registry = otel_runtime::inventory::weaver(&otel_runtime::sites(), "shop", "https://shop.example/schemas/0.1.0");
/// assert!(registry.manifest.contains("name: \"shop\""));
/// ```
#[must_use]
pub fn weaver(sites: &[Site], name: &str, schema_url: &str) -> Weaver {
    let registry = Registry::of(sites);
    let version = SCHEMA_URL.rsplit('/').next().unwrap_or_default();
    let manifest = format!(
        "name: {}\ndescription: {}\nschema_url: {}\ndependencies:\n  - schema_url: {}\n    registry_path: {}\n",
        quoted(name),
        quoted(&format!("What {name} records, written from its code.")),
        quoted(schema_url),
        quoted(SCHEMA_URL),
        quoted(&format!("https://github.com/open-telemetry/semantic-conventions@v{version}[model]")),
    );
    Weaver { manifest, definitions: registry.definitions(name) }
}

/// What the places record, by name.
#[derive(Default)]
struct Registry {
    /// The keys that are not of the conventions, with the kinds that places give them.
    keys: BTreeMap<&'static str, BTreeSet<Option<String>>>,
    spans: BTreeMap<(&'static str, &'static str), Recorded>,
    metrics: BTreeMap<&'static str, (Metric, Recorded)>,
}

/// Where something is recorded, and with which attributes.
#[derive(Default)]
struct Recorded {
    functions: BTreeSet<&'static str>,
    attributes: BTreeSet<&'static str>,
}

impl Registry {
    fn of(sites: &[Site]) -> Self {
        let mut registry = Self::default();
        for site in sites {
            if let Some(span) = site.span() {
                let recorded = registry.spans.entry((span.name, span_kind(&span.kind))).or_default();
                recorded.add(*site, &span.attributes);
                registry.add_keys(&span.attributes);
            }
            for metric in site.metrics() {
                registry.add_keys(&metric.attributes);
                let attributes = metric.attributes.clone();
                let (_, recorded) = registry.metrics.entry(metric.name).or_insert_with(|| (metric, Recorded::default()));
                recorded.add(*site, &attributes);
            }
        }
        registry
    }

    fn add_keys(&mut self, attributes: &[Attribute]) {
        for attribute in attributes.iter().filter(|attribute| attribute.convention.is_none()) {
            self.keys.entry(attribute.key).or_default().insert(attribute.kind.map(|kind| kind.to_string()));
        }
    }

    fn definitions(&self, name: &str) -> String {
        let registry = identifier(name);
        let mut ids = Ids::default();
        let mut yaml = String::from("groups:\n");
        if !self.keys.is_empty() {
            let brief = format!("Attributes of {name}.");
            let _ = write!(
                yaml,
                "  - id: {}\n    type: attribute_group\n    brief: {}\n    attributes:\n",
                quoted(&ids.unique(format!("registry.{registry}"))),
                quoted(&brief)
            );
            for (key, kinds) in &self.keys {
                let kind = agreed(kinds);
                let _ = write!(
                    yaml,
                    "      - id: {}\n        type: {}\n        stability: development\n        brief: {}\n",
                    quoted(key),
                    quoted(kind),
                    quoted(&format!("The attribute `{key}`.")),
                );
                // Weaver wants an example wherever the kind alone does not show what a value looks like.
                let _ = match kind {
                    "string" => writeln!(yaml, "        examples: [\"…\"]"),
                    "string[]" => writeln!(yaml, "        examples: [[\"…\"]]"),
                    _ => Ok(()),
                };
            }
        }
        for ((name, kind), recorded) in &self.spans {
            let id = quoted(&ids.unique(format!("span.{registry}.{}.{kind}", identifier(name))));
            let _ = write!(yaml, "  - id: {id}\n    type: span\n    span_kind: {kind}\n    stability: development\n");
            recorded.write(&mut yaml, &format!("The span `{name}`"));
        }
        for (metric, recorded) in self.metrics.values() {
            let (id, name) = (quoted(&ids.unique(format!("metric.{registry}.{}", identifier(metric.name)))), quoted(metric.name));
            let _ = write!(yaml, "  - id: {id}\n    type: metric\n    metric_name: {name}\n    instrument: {}\n", metric.instrument);
            // No unit at all is the unit `1`.
            let _ =
                write!(yaml, "    unit: {}\n    stability: development\n", quoted(if metric.unit.is_empty() { "1" } else { metric.unit }));
            let fallback = format!("The metric `{}`", metric.name);
            recorded.write(&mut yaml, if metric.description.is_empty() { &fallback } else { metric.description.trim_end_matches('.') });
        }
        yaml
    }
}

impl Recorded {
    fn add(&mut self, site: Site, attributes: &[Attribute]) {
        self.functions.insert(site.function());
        self.attributes.extend(attributes.iter().map(|attribute| attribute.convention.unwrap_or(attribute.key)));
    }

    fn write(&self, yaml: &mut String, brief: &str) {
        let functions: Vec<_> = self.functions.iter().map(|function| format!("`{function}`")).collect();
        let _ = writeln!(yaml, "    brief: {}", quoted(&format!("{brief}, recorded by {}.", functions.join(", "))));
        // A group without attributes says so: Weaver wants the list, or another group that it extends.
        if self.attributes.is_empty() {
            yaml.push_str("    attributes: []\n");
            return;
        }
        yaml.push_str("    attributes:\n");
        for key in &self.attributes {
            let _ = write!(yaml, "      - ref: {}\n        requirement_level: recommended\n", quoted(key));
        }
    }
}

/// The kind that all who know one agree on.
fn agreed(kinds: &BTreeSet<Option<String>>) -> &str {
    let mut known = kinds.iter().flatten();
    match (known.next(), known.next()) {
        (Some(kind), None) => kind,
        _ => "any",
    }
}

/// The ids of groups, each of which stands once in a registry.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    /// The id, with a number behind it if it was given away.
    fn unique(&mut self, id: String) -> String {
        let candidates = std::iter::once(id.clone()).chain((2..).map(|number| format!("{id}_{number}")));
        let free = candidates.into_iter().find(|candidate| !self.0.contains(candidate)).unwrap_or(id);
        self.0.insert(free.clone());
        free
    }
}

/// A name as a part of an identifier.
fn identifier(name: &str) -> String {
    let part = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') { letter.to_ascii_lowercase() } else { '_' };
    name.chars().map(part).collect()
}

/// A string of YAML in double quotes, which is one of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
