//! Processors of spans and of log records.

use std::time::Duration;

use super::exporter;
use super::field::{Field, Section};
use crate::delivery::{Batch, Signal};
use crate::setup::config::otlp::EXPORT_TIMEOUT;
use crate::setup::config::{MAX_ITEMS, Processor};

pub(super) fn read(provider: &Section<'_>, signal: Signal, delay: Duration) -> Vec<Processor> {
    let processors = provider.required("processors").map(|processors| processors.items()).unwrap_or_default();
    let read = |field: &Field<'_>| {
        field.section(|processor| {
            let (choice, field) = processor.component(&["batch", "simple"])?;
            if choice == "batch" { batch(&field, signal, delay) } else { simple(&field, signal) }
        })?
    };
    processors.iter().filter_map(read).collect()
}

fn simple(field: &Field<'_>, signal: Signal) -> Option<Processor> {
    field.section(|section| {
        let exporter = section.required("exporter")?;
        exporter::read(&exporter, signal, None).map(|exported| Processor::of(exported.exporter, Batch::SINGLE))
    })?
}

fn batch(field: &Field<'_>, signal: Signal, delay: Duration) -> Option<Processor> {
    field.section(|section| {
        let items = |key: &'static str, default: usize| {
            let field = section.value(key);
            (field.as_ref().and_then(|field| field.integer(1..=MAX_ITEMS)).unwrap_or(default), field)
        };
        let (max_queue_size, _) = items("max_queue_size", 2048);
        let (wanted, size) = items("max_export_batch_size", 512.min(max_queue_size));
        if let Some(size) = size.filter(|_| wanted > max_queue_size) {
            size.warn(format!("{wanted} is more than max_queue_size; using {max_queue_size}"));
        }
        let batch = Batch {
            max_queue_size,
            max_export_batch_size: wanted.min(max_queue_size),
            schedule_delay: section.value("schedule_delay").and_then(|delay| delay.duration()).unwrap_or(delay),
        };
        let timeout = section.timeout("export_timeout", EXPORT_TIMEOUT);
        let exporter = section.required("exporter")?;
        exporter::read(&exporter, signal, timeout).map(|exported| Processor::of(exported.exporter, batch))
    })?
}
