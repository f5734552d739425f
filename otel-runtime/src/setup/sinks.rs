//! Telemetry that is kept in the process, and exported nowhere: what tests look at.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};

use super::builder::Builder;
use super::error::InitError;
use super::providers::{Providers, Wanted};
use super::telemetry::Telemetry;
use crate::export::limited::LogExporter;
use crate::metering::{Meters, Views};
use crate::pipeline::Pipeline;
use crate::recording::SpanSink;

/// Where everything goes, instead of to the exporters that are configured. Whether a signal has any counts, and the limits hold.
pub(crate) struct Sinks<'a, S, L, M> {
    pub(crate) spans: S,
    /// Hears what stands for the program.
    pub(crate) note: &'a dyn Fn(&Resource),
    pub(crate) logs: L,
    /// Gives a provider its reader.
    pub(crate) metrics: M,
}

impl Builder {
    /// As [`build`](Self::build), with everything going into the sinks.
    pub(crate) fn build_into<S, L, M>(self, sinks: Sinks<'_, S, L, M>) -> Result<Telemetry, InitError>
    where
        S: SpanSink + 'static,
        L: LogExporter + 'static,
        M: FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
    {
        self.configure(|wanted| Ok(providers(wanted, sinks))).map(|configured| configured.start(Pipeline::local))
    }
}

fn providers<S, L, M>(wanted: &Wanted<'_>, sinks: Sinks<'_, S, L, M>) -> Providers
where
    S: SpanSink + 'static,
    L: LogExporter + 'static,
    M: FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
{
    let Wanted { config, resource, sampler, processors, diagnostics, .. } = *wanted;
    (sinks.note)(resource);
    let mut providers = Providers::default();
    if let Some(reader) = config.metrics.readers.first() {
        let views = Views::new(&config.metrics.views).beside(reader.defaults().clone());
        let builder = (sinks.metrics)(views.install(SdkMeterProvider::builder().with_resource(resource.clone())));
        providers.meter = Some(Meters::new([(builder.build(), views)], diagnostics.clone()));
    }
    let mut spans: Vec<Box<dyn SpanSink>> = Vec::new();
    if let Some(processors) = processors {
        providers.holding.push(Box::new(processors.clone()));
        spans.push(Box::new(processors.clone()));
    }
    if !config.traces.processors.is_empty() {
        spans.push(Box::new(sinks.spans));
    }
    if !spans.is_empty() {
        providers.recorder = Some(providers.recorder_of(config, sampler, Vec::new(), spans));
    }
    if !config.logs.processors.is_empty() {
        providers.logger = Some(Providers::logger_of(config, resource, vec![Box::new(sinks.logs)], None));
    }
    providers
}
