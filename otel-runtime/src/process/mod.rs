//! Metrics about the process (semantic conventions, "OS process metrics":
//! <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>) and about runtimes of tokio, for which there are no conventions. (Feature
//! `process`.)
//!
//! They are read when metrics are collected, on the thread that collects. What cannot be read is left out, and the rest is there.
//!
//! | metric | where |
//! |---|---|
//! | `process.cpu.time`, `process.cpu.utilization`, by `cpu.mode`: `user`, `system` | Unix |
//! | `process.paging.faults`, by `system.paging.fault.type`: `major`, `minor` | Unix |
//! | `process.context_switches`, by `process.context_switch.type`: `voluntary`, `involuntary` | Unix |
//! | `process.unix.file_descriptor.count` | Linux, macOS |
//! | `process.memory.usage`, `process.memory.virtual`, `process.thread.count` | Linux |
//! | `process.disk.io`, by `disk.io.direction`: `read`, `write` | Linux, where the process may know |
//! | `process.uptime` | Linux; elsewhere it is the time since [`Telemetry::observe_process`] was called |
//!
//! What the conventions have besides, `process.network.io` and `process.windows.handle.count`, no system says of a process without privileges or
//! unsafe code.

mod files;
mod runtime;
#[cfg(unix)]
mod usage;
#[cfg(not(unix))]
#[path = "usage_absent.rs"]
mod usage;
mod utilization;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter, MeterProvider};
use opentelemetry_semantic_conventions::{attribute, metric};

use self::usage::Usage;
use self::utilization::Utilization;
use crate::own;
use crate::setup::Telemetry;

impl Telemetry {
    /// Measures the process from now on: processor, memory, threads, open files, and what else the [conventions](crate::process) have and the system
    /// says. Does nothing where metrics have no exporter. (Feature `process`.)
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let telemetry = otel_runtime::init()?;
    ///     telemetry.observe_process();
    ///     // … the program …
    /// #   Ok(())
    /// }
    /// ```
    pub fn observe_process(&self) {
        let Some(provider) = self.meter_provider() else { return };
        let meter = provider.meter_with_scope(own::scope());
        observe_usage(&meter);
        observe_files(&meter);
        let (began, before) = (Instant::now(), files::uptime().unwrap_or_default());
        let uptime =
            meter.f64_observable_gauge(metric::PROCESS_UPTIME).with_unit("s").with_description("How long the process has been running.");
        uptime.with_callback(move |observer| observer.observe((before + began.elapsed()).as_secs_f64(), &[])).build();
    }
}

/// What an instrument is, besides its name.
struct Words(&'static str, &'static str);

fn counter(
    meter: &Meter,
    name: &'static str,
    Words(unit, description): Words,
    observe: impl Fn(&dyn AsyncInstrument<u64>) + Send + Sync + 'static,
) {
    meter.u64_observable_counter(name).with_unit(unit).with_description(description).with_callback(observe).build();
}

/// What is now so many, if that can be known.
fn amount(meter: &Meter, name: &'static str, Words(unit, description): Words, read: impl Fn() -> Option<u64> + Send + Sync + 'static) {
    let observe = move |observer: &dyn AsyncInstrument<i64>| {
        if let Some(amount) = read() {
            observer.observe(i64::try_from(amount).unwrap_or(i64::MAX), &[]);
        }
    };
    meter.i64_observable_up_down_counter(name).with_unit(unit).with_description(description).with_callback(observe).build();
}

fn observe_usage(meter: &Meter) {
    fn modes(usage: &Usage) -> [(&'static str, Duration); 2] {
        [("user", usage.user), ("system", usage.system)]
    }
    let mode = |mode: &'static str| [KeyValue::new(attribute::CPU_MODE, mode)];
    let time = meter.f64_observable_counter(metric::PROCESS_CPU_TIME).with_unit("s").with_description("Time on a processor.");
    let observe = move |observer: &dyn AsyncInstrument<f64>| {
        for (name, time) in Usage::now().iter().flat_map(modes) {
            observer.observe(time.as_secs_f64(), &mode(name));
        }
    };
    time.with_callback(observe).build();

    let since = Mutex::new(Utilization::default());
    let utilization = meter.f64_observable_gauge(metric::PROCESS_CPU_UTILIZATION).with_unit("1");
    let utilization = utilization.with_description("The part of the time of all processors that was spent since it was last measured.");
    let observe = move |observer: &dyn AsyncInstrument<f64>| {
        let Some(usage) = Usage::now() else { return };
        let mut since = since.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (name, part) in since.measure(Instant::now(), modes(&usage)) {
            observer.observe(part, &mode(name));
        }
    };
    utilization.with_callback(observe).build();

    counter(meter, metric::PROCESS_PAGING_FAULTS, Words("{fault}", "Page faults."), |observer| {
        let Some(usage) = Usage::now() else { return };
        for (kind, faults) in [("major", usage.major_faults), ("minor", usage.minor_faults)] {
            observer.observe(faults, &[KeyValue::new(attribute::SYSTEM_PAGING_FAULT_TYPE, kind)]);
        }
    });
    counter(meter, metric::PROCESS_CONTEXT_SWITCHES, Words("{context_switch}", "Context switches."), |observer| {
        let Some(usage) = Usage::now() else { return };
        for (kind, switches) in [("voluntary", usage.voluntary_switches), ("involuntary", usage.involuntary_switches)] {
            observer.observe(switches, &[KeyValue::new(attribute::PROCESS_CONTEXT_SWITCH_TYPE, kind)]);
        }
    });
}

fn observe_files(meter: &Meter) {
    amount(meter, metric::PROCESS_MEMORY_USAGE, Words("By", "Physical memory in use."), || files::memory("VmRSS:"));
    amount(meter, metric::PROCESS_MEMORY_VIRTUAL, Words("By", "Virtual memory."), || files::memory("VmSize:"));
    amount(meter, metric::PROCESS_THREAD_COUNT, Words("{thread}", "Threads."), || files::status("Threads:"));
    let open = Words("{file_descriptor}", "Open files, sockets and pipes.");
    amount(meter, metric::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, open, files::open);
    counter(meter, metric::PROCESS_DISK_IO, Words("By", "Bytes read from and written to disks."), |observer| {
        for (direction, key) in [("read", "read_bytes:"), ("write", "write_bytes:")] {
            if let Some(bytes) = files::disk(key) {
                observer.observe(bytes, &[KeyValue::new(attribute::DISK_IO_DIRECTION, direction)]);
            }
        }
    });
}
