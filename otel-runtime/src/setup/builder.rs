//! [`init`] and [`Builder`]: what a program says in `main`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::trace::SpanProcessor;

use super::config::{Config, Read};
use super::copies;
use super::error::InitError;
use super::file::{self, FileRead};
use super::providers::{Providers, Wanted};
use super::telemetry::Telemetry;
use super::variables::{self, Variable};
use super::warning::Warning;
use crate::diagnostics::{Diagnostics, Source};
use crate::export::console::{Console, Style};
use crate::metering::{Meters, View};
use crate::panics;
use crate::pipeline::{Pipeline, Settings, Tracing};
use crate::plain;
use crate::propagation::Propagator;
use crate::recording::{Processors, TracerProvider};
use crate::sampling::{Sampler, Sampling};

/// The process for which telemetry was set up, or 0: a forked child is another one.
static INITIALISED_BY: AtomicU32 = AtomicU32::new(0);

/// Sets up telemetry from the environment: the same as `builder().init()`.
///
/// Keep what it returns until the end of `main`: dropping it delivers what is left.
///
/// ```no_run
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let telemetry = otel_runtime::init()?;
///     // … the program …
///     telemetry.shutdown()?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// If telemetry is set up already, if the environment asks for something that cannot be done ([`InitError::Unsupported`]), if metrics are to be served on
/// a port that cannot be had, or if no thread could be started.
/// A bad value is not an error: see [`Telemetry::warnings`].
pub fn init() -> Result<Telemetry, InitError> {
    builder().init()
}

/// A [`Builder`], for what is to differ from the environment.
#[must_use]
pub fn builder() -> Builder {
    Builder::default()
}

type BoxedLookup = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Sets up telemetry. Every variable of the environment can be given in code; code wins over the environment.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = otel_runtime::builder()
///     .service_name("checkout")
///     .set("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
///     .set("OTEL_TRACES_SAMPLER_ARG", "0.1")
///     .fallback("OTEL_TRACES_EXPORTER", "console")
///     .init()?;
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    in_code: BTreeMap<String, String>,
    fallbacks: BTreeMap<String, String>,
    lookup: BoxedLookup,
    /// The names of all variables there are, to find misspelt ones among them.
    names: fn() -> Vec<String>,
    attributes: Vec<KeyValue>,
    pub(super) sampler: Option<Sampler>,
    views: Vec<View>,
    processors: Vec<Box<dyn SpanProcessor>>,
    diagnostics: Diagnostics,
    console: Option<Box<dyn Write + Send>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            in_code: BTreeMap::new(),
            fallbacks: BTreeMap::new(),
            lookup: Box::new(|variable| std::env::var_os(variable)),
            names: || std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect(),
            attributes: Vec::new(),
            sampler: None,
            views: Vec::new(),
            processors: Vec::new(),
            diagnostics: Diagnostics::stderr(),
            console: None,
        }
    }
}

impl Builder {
    /// The value of a variable, whatever the environment says. Where a configuration file sets telemetry up, it is what the file finds if it names the
    /// variable; [`Telemetry::warnings`] has those that it does not name.
    #[must_use]
    pub fn set(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.in_code.insert(variable.into(), value.into());
        self
    }

    /// The value of a variable where neither the environment nor [`set`](Self::set) gives one.
    #[must_use]
    pub fn fallback(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.fallbacks.insert(variable.into(), value.into());
        self
    }

    /// The name of this service, `service.name`; the same as setting `OTEL_SERVICE_NAME`.
    #[must_use]
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.set(SERVICE_NAME, name)
    }

    /// An attribute of the resource, which stands for this program in everything that it sends.
    #[must_use]
    pub fn resource_attribute(mut self, attribute: KeyValue) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// What decides which spans are recorded, whatever `OTEL_TRACES_SAMPLER` or a configuration file says.
    ///
    /// ```
    /// use otel_runtime::Sampler;
    ///
    /// let telemetry = otel_runtime::builder()
    ///     .environment(|_| None)
    ///     .sampler(Sampler::rate_limited(50.0)?.parent_based())
    ///     .build()?;
    /// # drop(telemetry);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sampler(mut self, sampler: impl Into<Sampler>) -> Self {
        self.sampler = Some(sampler.into());
        self
    }

    /// What of some instruments is exported, and how; as many as are needed, and an instrument can fit several.
    ///
    /// ```
    /// use otel_runtime::View;
    ///
    /// let telemetry = otel_runtime::builder()
    ///     .environment(|_| None)
    ///     .view(View::of("http.server.*").except_attributes(["url.scheme"]))
    ///     .build()?;
    /// # drop(telemetry);
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn view(mut self, view: View) -> Self {
        self.views.push(view);
        self
    }

    /// A span processor of your own, written for the SDK, or one of the SDK's with an exporter of your own (OpenTelemetry specification, Trace SDK,
    /// "Span processor": <https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor>). It sees every span that is recorded, beside the
    /// exporters that are configured; several are asked in their order. Spans cost more then: the data that it takes is made for it.
    ///
    /// A change that it makes to a span that starts is made to the one that is recorded, but for one of an attribute that is set already, which is
    /// set a second time. It flushes and ends with the telemetry.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use otel_runtime::opentelemetry::trace::Span as _;
    /// use otel_runtime::opentelemetry::{Context, KeyValue};
    /// use otel_runtime::opentelemetry_sdk::error::OTelSdkResult;
    /// use otel_runtime::opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    ///
    /// /// Says of every span where it was recorded.
    /// #[derive(Debug)]
    /// struct Zone(&'static str);
    ///
    /// impl SpanProcessor for Zone {
    ///     fn on_start(&self, span: &mut Span, _: &Context) {
    ///         span.set_attribute(KeyValue::new("shop.zone", self.0));
    ///     }
    ///
    ///     fn on_end(&self, _: SpanData) {}
    ///
    ///     fn force_flush(&self) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    ///
    ///     fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let telemetry = otel_runtime::builder().environment(|_| None).span_processor(Zone("north")).build()?;
    /// # drop(telemetry);
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn span_processor(mut self, processor: impl SpanProcessor + 'static) -> Self {
        self.processors.push(Box::new(processor));
        self
    }

    /// Reads variables with `lookup` instead of from the environment of the process.
    ///
    /// ```
    /// let telemetry = otel_runtime::builder()
    ///     .environment(|variable| (variable == "OTEL_SDK_DISABLED").then(|| "true".into()))
    ///     .build()?;
    /// # drop(telemetry);
    /// # Ok::<(), otel_runtime::InitError>(())
    /// ```
    #[must_use]
    pub fn environment(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.lookup = Box::new(lookup);
        self.names = Vec::new;
        self
    }

    /// Where the lines go that the runtime has to say about itself; by default to stderr.
    #[must_use]
    pub fn diagnostics(mut self, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.diagnostics = Diagnostics::new(say);
        self
    }

    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "there is nobody else to speak to"))]
    pub(crate) fn say_by(self, diagnostics: Diagnostics) -> Self {
        Self { diagnostics, ..self }
    }

    /// Where the exporter `console` writes, without colour; by default to stderr, in colour on a terminal unless `NO_COLOR` is set.
    #[must_use]
    pub fn console(mut self, writer: impl Write + Send + 'static) -> Self {
        self.console = Some(Box::new(writer));
        self
    }

    /// Sets up telemetry for the whole process: what is annotated records from now on, and the providers and propagators of
    /// `opentelemetry::global` are these.
    ///
    /// # Errors
    ///
    /// As [`init`]; besides, [`InitError::UnknownVariable`] for a name given to [`set`](Self::set) or [`fallback`](Self::fallback).
    pub fn init(self) -> Result<Telemetry, InitError> {
        let process = std::process::id();
        let before = INITIALISED_BY.swap(process, Ordering::SeqCst);
        if before == process {
            return Err(InitError::AlreadyInitialised);
        }
        let installed = self.configure(Providers::build).map(|configured| {
            let Configured { config, providers, .. } = &configured;
            global::set_text_map_propagator(Propagator::new(config.propagators.iter().copied()));
            if let Some(provider) = &providers.meter {
                global::set_meter_provider(provider.clone());
                plain::observe_with(provider.clone());
            }
            if let Some(recorder) = &providers.recorder {
                global::set_tracer_provider(TracerProvider::new(Arc::clone(recorder)));
            }
            configured.start(Pipeline::install)
        });
        if installed.is_err() {
            INITIALISED_BY.store(before, Ordering::SeqCst);
        }
        installed
    }

    /// Sets up telemetry for what runs under [`Telemetry::context`], and leaves the process alone. Several can exist at a time, which is
    /// what tests want.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), but it can be done any number of times.
    pub fn build(self) -> Result<Telemetry, InitError> {
        self.configure(Providers::build).map(|configured| configured.start(Pipeline::local))
    }

    /// Every variable, with its kind, its default and what holds: from [`set`](Self::set), the environment, [`fallback`](Self::fallback), or by
    /// default. Where `OTEL_CONFIG_FILE` names a configuration file, all that it does not name [are ignored](Variable::is_ignored).
    ///
    /// ```
    /// let builder = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_SAMPLER", "Always_Off");
    /// let variables = builder.variables();
    /// let sampler = variables.iter().find(|variable| variable.name() == "OTEL_TRACES_SAMPLER").unwrap();
    /// assert_eq!((sampler.value(), sampler.default()), ("always_off", "parentbased_always_on"));
    /// ```
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        let Read { variables, file, .. } = self.read();
        let Some(file) = file else { return variables };
        // Of a file that cannot be used `init` says why.
        let substituted = file::read(&file, &|variable| self.looked_up(variable)).map(|read| read.substituted).unwrap_or_default();
        self.heard(variables, &substituted)
    }

    /// What a configuration file finds under the name of a variable.
    fn looked_up(&self, variable: &str) -> Option<OsString> {
        self.written(variable).or_else(|| self.fallbacks.get(variable).map(OsString::from))
    }

    /// Of these only the values that hold beside a configuration file that names those.
    fn heard(&self, variables: Vec<Variable>, substituted: &BTreeSet<String>) -> Vec<Variable> {
        let heard = |variable: Variable| match variable.name() {
            name if BESIDE_A_FILE.contains(&name) || (name == SERVICE_NAME && self.in_code.contains_key(name)) => variable,
            name if substituted.contains(name) => variable.found(self.looked_up(name).and_then(|value| value.into_string().ok())),
            _ => variable.ignored(),
        };
        variables.into_iter().map(heard).collect()
    }

    /// What was written, in code or outside.
    fn written(&self, variable: &str) -> Option<OsString> {
        self.in_code.get(variable).map(OsString::from).or_else(|| (self.lookup)(variable))
    }

    /// What the variables say.
    fn read(&self) -> Read {
        Config::read(&|variable| self.written(variable), &|variable| self.fallbacks.get(variable).map(OsString::from))
    }

    /// What holds: what the variables say, or the configuration file that one of them names, under what is said in code alone.
    pub(super) fn read_all(&self) -> Result<Read, InitError> {
        let mut read = self.read();
        if let Some(named) = &read.file {
            let FileRead { config, warnings, substituted } = file::read(named, &|variable| self.looked_up(variable))?;
            let is_heard = |variable: &str| variable == SERVICE_NAME || BESIDE_A_FILE.contains(&variable) || substituted.contains(variable);
            let ignored = self.in_code.keys().filter(|variable| !is_heard(variable)).map(|variable| {
                Warning::new(variable, format!("is set in code, and ignored, because {} names a configuration file", named.variable))
            });
            (read.config, read.warnings) = (config, ignored.chain(warnings).collect());
            read.variables = self.heard(read.variables, &substituted);
            read.config.resource.add(self.in_code.get(SERVICE_NAME).map(|name| KeyValue::new("service.name", name.clone())));
        }
        read.config.resource.add(self.attributes.iter().cloned());
        read.config.metrics.views.extend_from_slice(&self.views);
        Ok(read)
    }

    pub(super) fn configure(self, build: impl FnOnce(&Wanted<'_>) -> Result<Providers, InitError>) -> Result<Configured, InitError> {
        for name in self.in_code.keys().chain(self.fallbacks.keys()) {
            if let Some(nearest) = variables::nearest(name) {
                return Err(InitError::UnknownVariable { name: name.clone(), nearest });
            }
        }
        let Read { config, mut warnings, variables, file, no_color } = self.read_all()?;
        config.metrics.views.iter().try_for_each(View::check).map_err(InitError::View)?;
        let resource = config.resource.build(&|variable| self.written(variable)?.into_string().ok().filter(|text| !text.is_empty()));
        warnings.extend(copies::warning(&self.lookup));
        let Self { names, sampler, processors, diagnostics, console, .. } = self;
        let source = if file.is_some() { Source::File } else { Source::Variables };
        let diagnostics = diagnostics.at(config.log_level).of(source);
        for variable in variables.iter().filter(|variable| !variable.is_ignored() && variable.value() != variable.default()) {
            diagnostics.debug(variable);
        }
        // Beside a file, a variable would say nothing however it is spelt.
        let says_something = |(meant, _): &(&'static str, String)| file.is_none() || BESIDE_A_FILE.contains(meant);
        let misspelt = names().into_iter().filter_map(|name| Some((variables::misspelt(&name)?, name))).filter(says_something);
        warnings.extend(misspelt.map(|(meant, name)| Warning::new(name, format!("there is no such variable; did you mean {meant}?"))));
        for warning in &warnings {
            diagnostics.warn(warning);
        }
        let console = console.map_or_else(
            || Console::stderr(Style { color: !no_color && std::io::stderr().is_terminal(), ..Style::default() }),
            |writer| Console::new(writer, Style::default()),
        );
        console.tell(&diagnostics);
        let sampler = sampler.unwrap_or_else(|| config.traces.sampler.clone().into());
        let mut providers = if config.disabled {
            Providers::default()
        } else {
            panics::remember_messages();
            let processors = Processors::new(processors, &resource, &diagnostics);
            let (config, resource, sampler, console, diagnostics) = (&config, &resource, &sampler, &console, &diagnostics);
            build(&Wanted { config, resource, sampler, processors: processors.as_ref(), console, diagnostics })?
        };
        for warning in &providers.warnings {
            diagnostics.warn(warning);
        }
        warnings.append(&mut providers.warnings);
        Ok(Configured { config, sampling: Sampling::from(&sampler), providers, warnings, diagnostics })
    }
}

/// The variable of [`Builder::service_name`].
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// What a configuration file leaves to variables: where it is, and the terminal's colours.
const BESIDE_A_FILE: [&str; 3] = ["NO_COLOR", "OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"];

/// Everything is built, and nothing uses it yet.
pub(super) struct Configured {
    config: Config,
    sampling: Sampling,
    providers: Providers,
    warnings: Vec<Warning>,
    diagnostics: Diagnostics,
}

impl Configured {
    /// Opens the way from annotated code to the providers.
    pub(super) fn start(self, open: impl FnOnce(Option<Tracing>, Option<Meters>, Settings, Diagnostics) -> Arc<Pipeline>) -> Telemetry {
        let Self { config, sampling, providers, warnings, diagnostics } = self;
        let tracing = providers.recorder.clone().map(|recorder| Tracing { recorder, sampling, started: providers.started.clone() });
        let metering = providers.meter.clone();
        let settings = Settings {
            logging: providers.logger.clone(),
            filter: config.filter,
            propagator: Propagator::new(config.propagators),
            metric_baggage: config.baggage_metric_attributes,
            exceptions: config.exceptions,
            http_methods: config.http_methods,
        };
        let pipeline = open(tracing, metering, settings, diagnostics.clone());
        Telemetry::new(providers, pipeline, warnings, diagnostics)
    }
}

impl fmt::Debug for Builder {
    /// Without values: headers are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("set", &self.in_code.keys()).field("fallback", &self.fallbacks.keys()).finish_non_exhaustive()
    }
}
