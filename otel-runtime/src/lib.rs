//! OpenTelemetry for Rust services: one dependency, one line in `main`, one attribute a function.
//!
//! ```no_run
//! use otel_runtime::traced;
//!
//! #[traced(fields(order.id = id))]
//! fn place_order(id: u64) -> Result<(), std::io::Error> {
//!     Ok(())
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = otel_runtime::init()?; // reads OTEL_*, installs providers and propagators
//!     place_order(42)?;
//!     telemetry.shutdown()?; // delivers what is left; so does drop
//!     Ok(())
//! }
//! ```
//!
//! # Map
//!
//! * [`traced`]: a span for every call of a function, with its outcome.
//! * [`init`], [`builder`], [`Telemetry`]: set-up and end.
//! * [`current`]: the running span, from inside of it.
//! * [`context`]: carrying context to where it does not go by itself.
//! * [`AttributeValue`], [`ErrorType`]: what your types can say about themselves.
//! * [`testing`] (feature `testing`): capture what a test records.
//!
//! The matching [`opentelemetry`] and [`opentelemetry_sdk`] are re-exported: with two versions of them in one program, telemetry gets lost
//! silently.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod attributes;
mod call;
mod clock;
pub mod context;
mod current;
mod delivery;
mod diagnostics;
mod export;
mod future;
mod metrics;
mod name;
mod origin;
mod outcome;
mod panics;
mod pipeline;
mod propagation;
mod redact;
mod setup;
mod shared;
mod site;
mod span;
mod stream;
mod switch;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

pub use opentelemetry;
pub use opentelemetry_sdk;

pub use attributes::{AttributeWriter, Attributes};
pub use current::{CurrentSpan, current};
pub use metrics::DURATION_BUCKETS;
pub use name::{AttributeKey, MetricName, SpanName, Unit};
pub use origin::{AsParent, AsSpanContext};
pub use outcome::{Classified, ErrorType, Outcome};
pub use setup::{Builder, DeliveryError, InitError, Telemetry, Warning, builder, init};
pub use value::{AttributeValue, Element, MetricValue, ValueWriter};

/// Records a span for every call of a function, with its outcome.
///
/// ```
/// use otel_runtime::{SpanName, traced};
///
/// # struct Order { id: u64, items: Vec<u32> }
/// # #[derive(Debug)] struct OrderError;
/// # struct Receipt;
/// const PLACE_ORDER: SpanName = SpanName::new("shop.place_order");
///
/// #[traced(name = PLACE_ORDER, kind = client, fields(
///     server.address = host,      // any expression, by its type: bool, integers, floats, strings, arrays, Option
///     order.id = %order.id,       // the text of its Display
///     order.items = ?order.items, // the text of its Debug
///     user_id,                    // an argument by its name
/// ))]
/// async fn place_order(order: &Order, host: &str, user_id: u64) -> Result<Receipt, OrderError> {
///     Ok(Receipt)
/// }
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `"shop.place_order"` or `name = PATH` | the name of the span: a literal, or a constant [`SpanName`]; by default the function's name |
/// | `kind = …` | `internal` (default), `server`, `client`, `producer`, `consumer` |
/// | `fields(…)` | attributes; nothing is recorded unless it is named here, and expressions run only if the span may be recorded |
/// | `crate = path` | where this crate is found, if not at `::otel_runtime` |
///
/// It goes on functions and methods: plain, `async`, generic, under `#[async_trait]`, and those that return a boxed or an opaque future.
/// The span of an `async fn` starts at the first poll, where its body does; that of a function which returns a future (and so that of an
/// `#[async_trait]` method) starts at the call, and ends with the future.
///
/// # Outcome
///
/// By the *type* of the returned value, and seen even if the call does not return:
///
/// | outcome | status | attributes |
/// |---|---|---|
/// | ok | unset | |
/// | `Err` | error, with the error's `Display` | `error.type`: see [`ErrorType`] |
/// | cancelled: the future was dropped before it was ready | unset | `function.outcome = "cancelled"` |
/// | panicked | error, with the panic's message | `error.type = "panic"`, and an event `exception` |
///
/// Besides, `code.function.name`, `code.file.path` and `code.line.number` are recorded. The span is the current one inside the function,
/// at every poll of an async one, and only then; its parent is the span that is current where the call starts.
pub use otel_macros::traced;
pub use otel_macros::{Attributes, ErrorType, MetricValue, counted, timed};
