//! How spans are recorded: as the OTLP that they are sent as, from their start on.
//!
//! ```text
//! Site, layer ─┐
//! plain API   ─┼─► Tracer ─ decide ─► OpenSpan (bytes) ─ end ─┬─► encoded: what is sent over OTLP, as it is
//! tracing     ─┘    (a scope of a Recorder)                   └─► sinks: who wants the SDK's data has it made of the bytes
//! ```
//!
//! A place has a [`Template`] of what all of its spans begin with; a span that starts is a copy of that, with ids, time and flags patched in, and
//! everything that is said of it later is appended. The limits are applied where something is written, so all who export see the same. There is no
//! other way to record a span, whoever makes it.

mod attributes;
mod buffers;
mod data;
mod ids;
mod lineage;
mod open;
mod processors;
mod recorder;
mod span;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tracer;

pub(crate) use attributes::EncodedAttributes;
pub(crate) use buffers::InBuffer;
pub(crate) use lineage::Lineage;
pub(crate) use open::{OpenSpan, Template};
pub(crate) use processors::Processors;
pub(crate) use recorder::{EncodedScope, EncodedSink, Open, Parts, Recorder, SpanSink, Starting, Tracer};
pub(crate) use span::{RecordedSpan, end_at};
pub use tracer::{ScopedTracer, TracerProvider};
