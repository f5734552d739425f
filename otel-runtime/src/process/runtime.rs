//! Metrics about runtimes of tokio. The conventions have names for the runtimes of other languages and none for this one, so these are our own, in a
//! namespace that they do not reserve.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use tokio::runtime::{Handle, RuntimeMetrics};

use crate::own;
use crate::setup::Telemetry;

impl Telemetry {
    /// Measures a runtime of tokio from now on, under a name that tells it apart from others. Does nothing where metrics have no exporter.
    /// (Feature `process`.)
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let telemetry = otel_runtime::builder().environment(|_| None).set("OTEL_METRICS_EXPORTER", "none").build()?;
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// telemetry.observe_runtime("main", runtime.handle()); // in async code, `&tokio::runtime::Handle::current()`
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// | metric | instrument, unit | of what |
    /// |---|---|---|
    /// | `tokio.worker.count` | up-down counter, `{worker}` | worker threads |
    /// | `tokio.task.count` | up-down counter, `{task}` | tasks that were spawned, and have not ended |
    /// | `tokio.global_queue.depth` | up-down counter, `{task}` | tasks that wait in the queue of all workers |
    /// | `tokio.worker.busy.time` | counter, `s` | the time that a worker was busy, by `tokio.worker.index` |
    /// | `tokio.worker.parks` | counter, `{park}` | how often a worker had nothing to do, by `tokio.worker.index` |
    ///
    /// The last two need atomics of 64 bits, as all usual systems have them. All have the attribute `tokio.runtime.name`.
    pub fn observe_runtime(&self, name: impl Into<String>, runtime: &Handle) {
        let Some(provider) = self.meter_provider() else { return };
        let meter = provider.meter_with_scope(own::scope());
        let (metrics, name) = (runtime.metrics(), KeyValue::new("tokio.runtime.name", name.into()));
        let amount = |metric: &'static str, unit: &'static str, description: &'static str, read: fn(&RuntimeMetrics) -> usize| {
            let (metrics, name) = (metrics.clone(), name.clone());
            let observe = move |observer: &dyn AsyncInstrument<i64>| {
                observer.observe(i64::try_from(read(&metrics)).unwrap_or(i64::MAX), std::slice::from_ref(&name));
            };
            meter.i64_observable_up_down_counter(metric).with_unit(unit).with_description(description).with_callback(observe).build();
        };
        amount("tokio.worker.count", "{worker}", "Worker threads.", RuntimeMetrics::num_workers);
        amount("tokio.task.count", "{task}", "Tasks that were spawned, and have not ended.", RuntimeMetrics::num_alive_tasks);
        amount("tokio.global_queue.depth", "{task}", "Tasks that wait in the queue of all workers.", RuntimeMetrics::global_queue_depth);
        workers::observe(&meter, &metrics, &name);
    }
}

#[cfg(target_has_atomic = "64")]
mod workers {
    use opentelemetry::KeyValue;
    use opentelemetry::metrics::{AsyncInstrument, Meter};
    use tokio::runtime::RuntimeMetrics;

    /// What is measured of each worker.
    pub(super) fn observe(meter: &Meter, metrics: &RuntimeMetrics, name: &KeyValue) {
        let busy = meter.f64_observable_counter("tokio.worker.busy.time").with_unit("s");
        let (of, named) = (metrics.clone(), name.clone());
        let observe = move |observer: &dyn AsyncInstrument<f64>| {
            for worker in 0..of.num_workers() {
                observer.observe(of.worker_total_busy_duration(worker).as_secs_f64(), &attributes(&named, worker));
            }
        };
        busy.with_description("The time that a worker was busy.").with_callback(observe).build();
        let parks = meter.u64_observable_counter("tokio.worker.parks").with_unit("{park}");
        let (of, named) = (metrics.clone(), name.clone());
        let observe = move |observer: &dyn AsyncInstrument<u64>| {
            for worker in 0..of.num_workers() {
                observer.observe(of.worker_park_count(worker), &attributes(&named, worker));
            }
        };
        parks.with_description("How often a worker had nothing to do.").with_callback(observe).build();
    }

    fn attributes(name: &KeyValue, worker: usize) -> [KeyValue; 2] {
        [name.clone(), KeyValue::new("tokio.worker.index", i64::try_from(worker).unwrap_or(i64::MAX))]
    }
}

#[cfg(not(target_has_atomic = "64"))]
mod workers {
    use opentelemetry::KeyValue;
    use opentelemetry::metrics::Meter;
    use tokio::runtime::RuntimeMetrics;

    pub(super) fn observe(_: &Meter, _: &RuntimeMetrics, _: &KeyValue) {}
}
