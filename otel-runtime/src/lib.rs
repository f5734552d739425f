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
//! * [`traced`], [`counted`], [`timed`]: a span, a count and a duration for every call of a function, with its outcome.
//! * [`init`], [`builder`], [`Telemetry`]: set-up and end; [`Health`]: what became of everything; [`setup::variables`]: what the
//!   environment says.
//! * [`tracer`], [`meter`]: the plain API, through handles that can be taken before the set-up.
//! * [`current`]: the running span, from inside of it.
//! * [`context`]: carrying context to where it does not go by itself; [`baggage`]: names and values that go with it; [`propagation`]: the formats in which it goes to other processes.
//! * [`Attributes`], [`AttributeValue`], [`MetricValue`], [`ErrorType`]: what your types can say about themselves.
//! * [`span_names`], [`metric_names`], [`attribute_keys`]: a project's names in one place; [`checks`]: what is checked of names, and when.
//! * [`Sampler`], [`filter`]: which traces are recorded, and which places record at all; [`View`]: what is exported of an instrument.
//! * `faas` (features `faas`, `lambda`): functions of hosts that freeze a process between two calls, AWS Lambda among them.
//! * `grpc` (features `tonic`, `tonic-transport`): layers for servers and clients of gRPC.
//! * `http` (features `http`, `axum`, `reqwest`): layers for servers and clients of HTTP.
//! * `logs` (features `tracing`, `log`): what speaks `tracing` or `log`, as log records and spans.
//! * `messaging` (features `messaging`, `async-nats`, `lapin`, `rdkafka`): messages that are sent, received and processed, with any broker.
//! * [`libraries`]: what to add for which library.
//! * `redis` (feature `redis`): commands to Redis as spans and metrics.
//! * `sqlx` (features `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`): queries of sqlx as spans and metrics.
//! * `testing` (feature `testing`): capture what a test records: spans, metrics, log records.
//! * `process` (feature `process`): metrics about the process and about runtimes of tokio.
//! * `inventory` (feature `inventory`): every annotated place of the program.
//!
//! The matching [`opentelemetry`] and [`opentelemetry_sdk`] are re-exported: with two versions of them in one program, telemetry gets lost
//! silently.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod attributes;
mod background;
pub mod baggage;
mod call;
mod causes;
#[doc = include_str!("../docs/checks.md")]
pub mod checks {}
mod classify;
mod clock;
pub mod context;
mod copied;
mod current;
mod delivery;
mod diagnostics;
mod exceptions;
mod export;
pub mod filter;
mod future;
#[cfg(feature = "inventory")]
pub mod inventory;
#[doc = include_str!("../docs/libraries.md")]
pub mod libraries {}
mod label_sets;
mod limits;
#[cfg(any(feature = "log", feature = "tracing"))]
pub mod logs;
mod metering;
mod metrics;
#[cfg(any(feature = "faas", feature = "http", feature = "messaging", feature = "redis", feature = "sqlx", feature = "tonic"))]
#[cfg_attr(
    not(all(feature = "faas", feature = "http", feature = "messaging", feature = "redis", feature = "sqlx", feature = "tonic")),
    allow(dead_code, unused_imports, reason = "no layer uses all that they share")
)]
mod middleware;
mod name;
mod of_kind;
mod origin;
mod outcome;
mod own;
mod panics;
mod pipeline;
mod place;
mod plain;
#[cfg(feature = "process")]
pub mod process;
pub mod propagation;
mod recording;
mod redact;
mod sampling;
mod scope;
mod semconv;
pub mod setup;
mod shared;
mod site;
mod span;
mod stream;
mod switch;
#[cfg(feature = "testing")]
pub mod testing;
mod thread;
#[cfg(feature = "tonic")]
mod tonic;
mod trace_flags;
mod under;
mod value;
mod wire;

pub use opentelemetry;
pub use opentelemetry_sdk;

pub use attributes::{AttributeWriter, Attributes};
pub use current::{CurrentSpan, current};
pub use delivery::{DropReason, SignalHealth};
#[doc(no_inline)]
pub use filter::FilterError;
#[cfg(feature = "inventory")]
pub use inventory::sites;
pub use metering::{View, ViewError};
pub use metrics::DURATION_BUCKETS;
#[cfg(feature = "faas")]
pub use middleware::faas;
#[cfg(feature = "tonic")]
pub use middleware::grpc;
#[cfg(feature = "http")]
pub use middleware::http;
#[cfg(feature = "messaging")]
pub use middleware::messaging;
#[cfg(feature = "redis")]
pub use middleware::redis;
#[cfg(feature = "sqlx")]
pub use middleware::sqlx;
pub use name::{AttributeKey, MetricName, SpanName, Unit};
pub use of_kind::{OfKind, kind};
pub use origin::{AsLinks, AsParent};
pub use outcome::{Classified, ErrorType, Outcome};
pub use plain::{meter, meter_with_scope, tracer, tracer_with_scope};
pub use recording::{ScopedTracer, TracerProvider};
pub use sampling::{ParentBased, Sampler, SamplerError};
pub use setup::{Builder, DeliveryError, Health, InitError, Telemetry, Warning, builder, init};
pub use value::{AttributeValue, Element, MetricValue, ValueWriter};

/// Records a span for every call of a function, with its outcome.
///
/// ```
/// use otel_runtime::{SpanName, traced};
///
/// # struct Order { id: u64, items: Vec<u32> }
/// # #[derive(Debug)] struct OrderError;
/// # struct Receipt { total: u64 }
/// const PLACE_ORDER: SpanName = SpanName::new("shop.place_order");
///
/// #[traced(name = PLACE_ORDER, kind = client, ok(receipt.total = |receipt| receipt.total), fields(
///     server.address = host,      // any expression, by its type: bool, integers, floats, strings, arrays, Option
///     order.id = %order.id,       // the text of its Display
///     order.items = ?order.items, // the text of its Debug
///     user_id,                    // an argument by its name
/// ))]
/// async fn place_order(order: &Order, host: &str, user_id: u64) -> Result<Receipt, OrderError> {
///     Ok(Receipt { total: 3 })
/// }
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `"shop.place_order"`, `name = "…"` or `name = PATH` | the name of the span: a literal, or a constant [`SpanName`]; by default the function's name |
/// | `kind = …` | `internal` (default), `server`, `client`, `producer`, `consumer` |
/// | `fields(…)` | attributes; nothing is recorded unless it is named here, and expressions run only if the span may be recorded. A key in a namespace of the semantic conventions is checked ([`checks`]), one in quotes is not, and `keys::ORDER_ID = …` is a constant [`AttributeKey`]; `..value` records those of a value that derives [`Attributes`] |
/// | `ok(key = \|value\| …)`, `err(key = \|error\| …)` | attributes from what the function returns |
/// | `error_if = \|value\| …`, `ok_if = \|value\| …` | whether what looked well is an error (of the class `_OTHER`), or the other way round |
/// | `parent = …`, `root`, `links = …` | an explicit parent ([`AsParent`]), none (a new trace), links ([`AsLinks`]: one context, or several) |
/// | `baggage(tenant.id = tenant)` | entries of [`baggage`] for what runs inside, as text: by its type, `%` or `?`, and none for a `None`. They are set whatever is installed, filtered or sampled |
/// | `exceptions = …` | errors and panics as `events` of the span, as `logs`, as `both`, or as `none`: see below |
/// | `scope = "…"` | the instrumentation scope; by default the user's crate and its version |
/// | `item_events` | on a stream: an event for each item |
/// | `crate = path` | where this crate is found, if not at `::otel_runtime` |
///
/// # Where it goes
///
/// On functions and methods: plain, `async`, generic, under `#[async_trait]`, and those that return a boxed or an opaque future or stream. The
/// span of an `async fn` starts at the first poll, where its body does; that of a function which returns a future or a stream (and so that of
/// an `#[async_trait]` method) starts at the call, and ends with the future or the stream. Future, stream and box are known by these names:
/// behind an alias such as `BoxFuture` only the making of the future is seen.
///
/// On a whole `impl`, `trait` or `mod`: on every function in it, under the name `Type::method`. A function's own attribute comes before the
/// block's; `#[traced(skip)]` leaves one out, `only(pub)` and `except(new, len)` on the block leave out some. A `const fn` is left out.
///
/// On `main` it records nothing, because nothing is installed when `main` begins.
///
/// Other attributes stay, with one exception: `#[track_caller]` on a function that is not async does not go together with this one.
///
/// The body becomes that of a closure, or of an async block, which shows in two places: arguments are dropped in the order in which the body
/// first uses them, and a function that returns `impl Fn(&str)` must say the types of its closure's arguments (`|text: &str| …`).
///
/// # Outcome
///
/// By the *type* of the returned value, and seen even if the call does not return:
///
/// | outcome | status | attributes |
/// |---|---|---|
/// | ok | unset | |
/// | `Err`, a failing `ExitCode`, a 5xx response, `error_if` | error, with the error's `Display` | `error.type`: see [`ErrorType`] |
/// | cancelled: the future was dropped before it was ready | unset | `function.outcome = "cancelled"` |
/// | panicked | error, with the panic's message | `error.type = "panic"`, and an event `exception`, unless told otherwise |
///
/// A stream is ok when it ends, unless an item was an `Err`; dropped before its end it is cancelled, unless the last item was an `Err`.
/// `function.items` is the number of its items.
///
/// # Exceptions
///
/// Besides being an outcome, an error or a panic can be emitted as an exception, with `exception.type` and `exception.message`: as an event of its
/// span, or, which is where the semantic conventions go ([exceptions in
/// logs](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/)), as a log record of the name `exception`, which belongs to the span
/// and says besides `error.type` and where the function is. `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` chooses for the program, and
/// `exceptions = …` for a function or a block, whatever the variable says:
///
/// | variable | option | of errors and panics there are |
/// |---|---|---|
/// | not set | | events of panics alone |
/// | | `events` | events |
/// | `logs` | `logs` | log records |
/// | `logs/dup` | `both` | both, for a transition |
/// | | `none` | neither |
///
/// An error that is handed on through ten functions is ten events, one of each span, and one log record, of the function that gave it first: a span
/// around it says nothing whose message has that message in it, in whole words, so that what wraps it and shows it is the same error, and what
/// says something new is another one. The severity is ERROR, and WARN for an error of a `client` or `producer`, whose caller may handle it; the
/// `server` or `consumer` span around it, whose request fails for it after all, then says it once more. There are no log records of spans that are not
/// recorded, so there are never more of them than spans. Where logs are not exported, they are events.
///
/// Every span has `code.function.name`, `code.file.path` and `code.line.number` are recorded. The span is the current one inside the function,
/// at every poll of an async one, and only then; its parent is the span that is current where the call starts.
///
/// The message of a panic comes from a panic hook, which [`init`] puts before the one that is there. A hook that is set later, and does not
/// call the one before it, hides the message.
pub use otel_macros::traced;

/// Counts every call of a function, by its outcome.
///
/// ```
/// use otel_runtime::{MetricValue, counted};
///
/// #[derive(Clone, Copy, MetricValue)]
/// enum Payment {
///     Card,
///     Cash,
/// }
///
/// #[counted] // function.calls {call}
/// fn look_up() {}
///
/// #[counted("shop.orders", unit = "{order}", in_flight, fields(payment.method = payment))]
/// fn place_order(payment: Payment) {}
/// # look_up();
/// # place_order(Payment::Card);
/// # place_order(Payment::Cash);
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `"shop.orders"` or `name = PATH` | the name of the counter: a literal, or a constant [`MetricName`]; by default `function.calls` |
/// | `unit = "{order}"`, `description = "…"` | of a counter with a name of its own; the unit is `{call}` by default |
/// | `in_flight` | calls under way as well, in the up-down counter `function.active_calls`: down again however the call ends |
/// | `fields(…)` | attributes whose values are few: see [`MetricValue`] |
/// | `crate = path` | where this crate is found, if not at `::otel_runtime` |
///
/// Every measurement has `code.function.name`, `function.outcome` (`ok`, `error`, `cancelled`, `panicked`) and, where there is an error,
/// `error.type`. Together with [`traced`] and [`timed`], in any order, it is one guard: they agree on the outcome. It goes where [`traced`] goes,
/// blocks included. Whether spans are sampled, or suppressed in a context, calls are counted.
pub use otel_macros::counted;

/// Times every call of a function, by its outcome, in seconds.
///
/// ```
/// use otel_runtime::timed;
///
/// #[timed] // function.duration s
/// fn look_up() {}
///
/// #[timed("shop.order.duration", buckets = [0.01, 0.1, 1.0])]
/// async fn place_order() {}
/// # look_up();
/// ```
///
/// | option | meaning |
/// |---|---|
/// | `"shop.order.duration"` or `name = PATH` | the name of the histogram: a literal, or a constant [`MetricName`]; by default `function.duration` |
/// | `description = "…"`, `buckets = […]` | of a histogram with a name of its own; the bounds rise, and are [`DURATION_BUCKETS`] by default |
/// | `fields(…)` | attributes whose values are few: see [`MetricValue`] |
/// | `crate = path` | where this crate is found, if not at `::otel_runtime` |
///
/// The attributes of a measurement, and where it goes, are those of [`counted`].
pub use otel_macros::timed;

/// Declares the names of a project's spans in one place, as constants.
///
/// ```
/// use otel_runtime::traced;
///
/// otel_runtime::span_names! {
///     #![deny(literals)]
///     /// What the shop does.
///     pub mod names {
///         /// A customer orders.
///         PLACE_ORDER = "shop.place_order";
///         SHIP = "shop.ship";
///     }
/// }
///
/// #[traced(name = names::PLACE_ORDER)]
/// fn place_order() {}
/// # fn main() { place_order(); assert_eq!(names::ALL, [names::PLACE_ORDER, names::SHIP]); }
/// ```
///
/// Every name is checked as by [`SpanName::new`], and no two may be the same. `ALL` has all of them.
///
/// With `#![deny(literals)]`, which speaks for the whole crate and so stands once in its root, a span's name that is a literal is an error in
/// every annotation; a function's own name, where an annotation gives none, is not a literal. It costs the compiler nothing; a literal name
/// costs it a look into the root of the crate, which is felt where a thousand names meet a root of thousands of items. `#![crate = path]` says where this crate is found, if not at
/// `::otel_runtime`.
///
/// ```compile_fail
/// otel_runtime::span_names! {
///     pub mod names {
///         PLACE_ORDER = "shop.place_order";
///         ORDER = "shop.place_order"; // is declared already, as `PLACE_ORDER`
///     }
/// }
/// # fn main() {}
/// ```
pub use otel_macros::span_names;

/// Declares the names of a project's metrics in one place, as constants: as [`span_names`] does those of its spans.
///
/// ```
/// otel_runtime::metric_names! {
///     pub mod metrics {
///         ORDERS = "shop.orders";
///     }
/// }
///
/// #[otel_runtime::counted(name = metrics::ORDERS, unit = "{order}")]
/// fn place_order() {}
/// # fn main() { place_order(); }
/// ```
///
/// Names of the semantic conventions are refused: they are declared already, and stand in annotations as literals, with `#![deny(literals)]` too,
/// because a literal of theirs has their unit. So is a name that is nearly one of theirs.
pub use otel_macros::metric_names;

/// Declares the keys of a project's attributes in one place, as constants: as [`span_names`] does the names of its spans.
///
/// ```
/// otel_runtime::attribute_keys! {
///     pub mod keys {
///         ORDER_ID = "order.id";
///     }
/// }
///
/// #[otel_runtime::traced(fields(keys::ORDER_ID = id))]
/// fn place_order(id: u64) {}
/// # fn main() { place_order(7); }
/// ```
///
/// Keys of the semantic conventions are refused: they are declared already, and stand in annotations without quotes, where their values are
/// checked. So is a key that is nearly one of theirs, and one that the runtime sets itself. Literal keys cannot be denied to a crate: a key without
/// quotes is checked, and one with quotes says that it means to be free.
pub use otel_macros::attribute_keys;

pub use otel_macros::{Attributes, ErrorType, MetricValue};
