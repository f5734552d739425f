//! The configuration in force as a file, from which the reader makes the same one.

mod exporter;
mod providers;
mod tree;
mod views;

use opentelemetry::{Array, KeyValue, StringValue, Value};

use self::exporter::Secrets;
use self::tree::{Map, Yaml};
use crate::diagnostics::Level;
use crate::metering::{Pattern, View};
use crate::setup::builder::Builder;
use crate::setup::config::environment::EXCEPTIONS;
use crate::setup::config::{Config, Read, Reader, Sending};
use crate::setup::error::InitError;
use crate::setup::resource::{Described, Detector};

/// What holds in the environment of this process, as a configuration file for `OTEL_CONFIG_FILE`: `builder().to_config_file()`.
///
/// ```no_run
/// print!("{}", otel_runtime::setup::to_config_file()?);
/// # Ok::<(), otel_runtime::InitError>(())
/// ```
///
/// # Errors
///
/// As [`Builder::to_config_file`].
pub fn to_config_file() -> Result<String, InitError> {
    crate::setup::builder().to_config_file()
}

impl Builder {
    /// What holds, from variables, from code, or from a configuration file, as the text of a configuration file
    /// (<https://opentelemetry.io/docs/specs/otel/configuration/#declarative-configuration>) that says the same: to move from variables to a file.
    ///
    /// Secrets are never written. In the place of headers, and of what follows the `?` of a URL, there are variables, `${NAME}`, which a comment at
    /// the top of the file names. What a file cannot say, as a sampler that is set in code, is a comment in its place; so is, at the top, what `init` would warn of.
    ///
    /// ```
    /// let environment = |variable: &str| match variable {
    ///     "OTEL_SERVICE_NAME" => Some("checkout".into()),
    ///     "OTEL_EXPORTER_OTLP_HEADERS" => Some("api-key=secret".into()),
    ///     _ => None,
    /// };
    /// let file = otel_runtime::builder().environment(environment).to_config_file()?;
    /// assert!(file.contains("value: \"checkout\""));
    /// assert!(file.contains("headers_list: \"${OTEL_EXPORTER_OTLP_HEADERS}\"") && !file.contains("secret"));
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a configuration file is named that cannot be used, or a view cannot be.
    pub fn to_config_file(&self) -> Result<String, InitError> {
        let Read { config, warnings, .. } = self.read_all()?;
        config.metrics.views.iter().try_for_each(View::check).map_err(InitError::View)?;
        let in_code = self.sampler.as_ref().map(|sampler| format!("The sampler is set in code: {sampler}"));
        let warned = warnings.iter().fold(Map::default(), |map, warning| map.comment(&format!("Not in this file: {warning}")));
        Ok(text(&warned) + &write(&config, in_code.as_deref()).0)
    }
}

/// A configuration as a file, with this comment in the place of the sampler, if there is one; and what the variables in it stand for.
pub(super) fn write(config: &Config, sampler: Option<&str>) -> (String, Vec<(String, String)>) {
    let mut secrets = Secrets::default();
    let top = top(config, sampler, &mut secrets);
    let mut comments = Map::default();
    let variable = |reference: &str| Some(reference.split_once("${")?.1.trim_end_matches('}').to_owned());
    let variables: Vec<String> = secrets.0.iter().filter_map(|(reference, _)| variable(reference)).collect();
    if !variables.is_empty() {
        comments = comments.comment(&format!("Secrets are not in this file: where it is read, set {}.", variables.join(", ")));
    }
    (text(&comments) + &text(&top), secrets.0)
}

fn text(map: &Map) -> String {
    map.lines().into_iter().map(|line| line + "\n").collect()
}

fn top(config: &Config, sampler: Option<&str>, secrets: &mut Secrets) -> Map {
    let level = match config.log_level {
        Level::None => "fatal",
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    let formats: Vec<Yaml> = config.propagators.iter().map(|format| Map::of(format.to_string(), Yaml::Nothing).into()).collect();
    let propagators = (!formats.is_empty()).then(|| Map::of("composite", Yaml::List(formats)));
    let top = Map::of("file_format", Yaml::text("1.0"))
        .with("disabled", Yaml::plain(config.disabled))
        .with("log_level", Yaml::plain(level))
        .with_any("resource", resource(&config.resource))
        .with_some("propagator", propagators);
    let top = providers::traces(top, &config.traces, sampler, secrets);
    let top = providers::metrics(top, &config.metrics, secrets);
    let top = providers::logs(top, &config.logs, secrets);
    let own = own(config);
    top.with_any("distribution", Map::default().with_any("otel-runtime", own))
}

fn resource(resource: &Described) -> Map {
    let attribute = |attribute: &KeyValue| {
        let named = Map::of("name", Yaml::text(attribute.key.as_str()));
        match value(&attribute.value) {
            Some((of, value)) => named.with("value", value).with_some("type", of.map(Yaml::plain)),
            None => named.with("value", Yaml::Nothing).comment("This kind of value cannot be said in a file."),
        }
        .into()
    };
    let attributes: Vec<Yaml> = resource.attributes.iter().map(attribute).collect();
    let patterns = |patterns: &[Pattern]| (!patterns.is_empty()).then(|| Yaml::texts(patterns.iter().map(Pattern::as_str)));
    let detected = Map::default()
        .with_some("included", patterns(&resource.detection.included))
        .with_some("excluded", patterns(&resource.detection.excluded));
    let name = |detector: &Detector| Detector::NAMED.iter().find(|(_, known)| known == detector).map(|(name, _)| *name);
    let detectors = resource.detection.detectors.iter().filter_map(name);
    let detectors: Vec<Yaml> = detectors.map(|name| Map::of(name, Yaml::Nothing).into()).collect();
    let detection =
        Map::default().with_any("attributes", detected).with_some("detectors", (!detectors.is_empty()).then_some(Yaml::List(detectors)));
    Map::default()
        .with_some("attributes", (!attributes.is_empty()).then_some(Yaml::List(attributes)))
        .with_some("schema_url", resource.schema_url.clone().map(Yaml::Text))
        .with_any("detection/development", detection)
}

/// The name of a type, unless it is a text, and a value of it; `None` if a file has no such values.
fn value(value: &Value) -> Option<(Option<&'static str>, Yaml)> {
    let said = match value {
        Value::String(text) => (None, Yaml::text(text.as_str())),
        Value::Bool(value) => (Some("bool"), Yaml::plain(value)),
        Value::I64(number) => (Some("int"), Yaml::plain(number)),
        Value::F64(number) => (Some("double"), Yaml::number(*number)),
        Value::Array(Array::String(texts)) => (Some("string_array"), Yaml::texts(texts.iter().map(StringValue::as_str))),
        Value::Array(Array::Bool(values)) => (Some("bool_array"), Yaml::List(values.iter().map(Yaml::plain).collect())),
        Value::Array(Array::I64(numbers)) => (Some("int_array"), Yaml::List(numbers.iter().map(Yaml::plain).collect())),
        Value::Array(Array::F64(numbers)) => (Some("double_array"), Yaml::List(numbers.iter().copied().map(Yaml::number).collect())),
        _ => return None,
    };
    Some(said)
}

/// What only this runtime has.
fn own(config: &Config) -> Map {
    let texts = |texts: Vec<String>| (!texts.is_empty()).then(|| Yaml::texts(texts));
    let filter = config.filter.to_string();
    let exceptions = EXCEPTIONS.iter().find(|(_, known)| config.exceptions == *known).map(|(name, _)| Yaml::text(*name));
    let is_scraped_so = |reader: &Reader| matches!(reader, Reader::Prometheus { defaults, .. } if defaults.exponential_histograms);
    let exponential = config.metrics.readers.iter().any(is_scraped_so);
    let own = Map::default()
        .with_some("filter", (!filter.is_empty()).then_some(Yaml::Text(filter)))
        .with_some("exceptions", exceptions)
        .with_some("http_known_methods", texts(config.http_methods.listed()))
        .with_some("baggage_attributes", texts(config.baggage_attributes.names()))
        .with_some("baggage_metric_attributes", texts(config.baggage_metric_attributes.entries()))
        .with_some("self_metrics", config.self_metrics.then(|| Yaml::plain(true)))
        .with_some("default_histogram_aggregation", exponential.then(|| Yaml::plain("base2_exponential_bucket_histogram")));
    sending(own, &config.sending)
}

fn sending(own: Map, sending: &Sending) -> Map {
    let default = Sending::default();
    let has_spool = sending.spool_folder.is_some() || sending.spool_max_bytes != default.spool_max_bytes;
    let folder = sending.spool_folder.as_ref().map_or(Yaml::Nothing, |folder| Yaml::Text(folder.path.display().to_string()));
    let spool = Map::of("folder", folder).with("max_bytes", Yaml::plain(sending.spool_max_bytes));
    let exports = sending.max_concurrent_exports;
    let elapsed = sending.retry_max_elapsed;
    own.with_some("max_concurrent_exports", (exports != default.max_concurrent_exports).then(|| Yaml::plain(exports)))
        .with_some("queue_max_bytes", (sending.queue_max_bytes != default.queue_max_bytes).then(|| Yaml::plain(sending.queue_max_bytes)))
        .with_some("retry_max_elapsed", (elapsed != default.retry_max_elapsed).then(|| exporter::millis(Some(elapsed))))
        .with_some("spool", has_spool.then_some(spool))
}
