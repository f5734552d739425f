//! Names and values that go with context, through every call and into other processes:
//! [Baggage](https://opentelemetry.io/docs/specs/otel/baggage/api/).
//!
//! ```
//! use otel_runtime::baggage;
//! use otel_runtime::context::FutureExt;
//!
//! async fn bill() -> Option<String> {
//!     baggage::get("tenant.id")
//! }
//!
//! async fn handle(tenant: &str) -> Option<String> {
//!     bill().with_context(baggage::with("tenant.id", tenant)).await
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! assert_eq!(handle("acme").await.as_deref(), Some("acme"));
//! assert_eq!(baggage::get("tenant.id"), None);
//! # }
//! ```
//!
//! An annotated function sets entries for what runs inside of it, whatever its shape:
//!
//! ```
//! use otel_runtime::{baggage, traced};
//!
//! #[traced(baggage(tenant.id = tenant))]
//! async fn serve(tenant: &str) -> Option<String> {
//!     baggage::get("tenant.id")
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! assert_eq!(serve("acme").await.as_deref(), Some("acme"));
//! # }
//! ```
//!
//! That is context and not telemetry: the entries are there, and travel, without `init`, with `OTEL_SDK_DISABLED`, where the filter leaves the
//! function out and where the trace is not sampled. So a function that sets baggage makes a context for every call, unlike others, which cost next to
//! nothing where nothing is recorded.
//!
//! In code that is not async, a context is current as long as what `attach` returns:
//!
//! ```
//! use otel_runtime::baggage;
//!
//! let attached = baggage::with("tenant.id", "acme").attach();
//! assert_eq!(baggage::get("tenant.id").as_deref(), Some("acme"));
//! drop(attached);
//! assert_eq!(baggage::get("tenant.id"), None);
//! ```
//!
//! # Who sees it
//!
//! Whoever is called: every request that carries context carries all of it, as readable text, to services of others too. It is no place for secrets,
//! nor for what says who a person is. And it comes from whoever calls: what it says about rights is not to be believed.
//!
//! Nothing of it is recorded by itself. `OTEL_RUST_BAGGAGE_ATTRIBUTES=tenant.id,shop.campaign` names the entries that become attributes of every
//! span that starts with them, and of every log record that is made under them. An attribute that the program sets itself under such a key is the one
//! that stays. Samplers do not see them as attributes: they decide before, and have the context.
//!
//! # In metrics
//!
//! Every combination of attributes is a time series of its own, and callers say what is in baggage: whoever sends a new value with each request would
//! fill memory and drown what is real. So `OTEL_RUST_BAGGAGE_METRIC_ATTRIBUTES=tenant.tier=gold|silver,shop.region=eu|us` names the values of each
//! entry too, percent-encoded where they have a `,`, `|` or `%`. In what `#[counted]` and `#[timed]` measure, these stand as they are, any other is
//! `_OTHER`, and a call without the entry has no such attribute; so there are at most two more than you named, for each entry. An attribute that the
//! annotation has itself stays. Calls under way, `function.active_calls`, have none of them. The values are those at the start of the call, its own
//! `baggage(…)` included.

use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::{Context, Value};

use crate::name::AttributeKey;
use crate::value::{AttributeValue, ValueWriter};

/// The value of an entry of the current context.
///
/// ```
/// assert_eq!(otel_runtime::baggage::get("tenant.id"), None);
/// ```
#[must_use]
pub fn get(name: &str) -> Option<String> {
    Context::map_current(|current| current.baggage().get(name).map(|value| value.as_str().to_owned()))
}

/// The current context with an entry; one of the same name is replaced.
///
/// ```
/// use otel_runtime::baggage;
///
/// let _attached = baggage::with("tenant.id", "acme").attach();
/// let _replaced = baggage::with("tenant.id", "other").attach();
/// assert_eq!(baggage::get("tenant.id").as_deref(), Some("other"));
/// ```
///
/// A value is any text. A name is a token of HTTP: letters, digits and ``!#$%&'*+-.^_`|~``, not none of them. Of an entry with another name, and of one
/// that would be more than the [64 entries or 8192 bytes](https://www.w3.org/TR/baggage/#limits) that travel, nothing comes: the context is the current
/// one as it is.
#[must_use]
pub fn with(name: impl Into<String>, value: impl Into<String>) -> Context {
    let mut baggage = Context::map_current(copy);
    baggage.insert(name.into(), value.into());
    Context::map_current(|current| current.with_baggage(baggage))
}

/// The current context without an entry.
///
/// ```
/// use otel_runtime::baggage;
///
/// let _attached = baggage::with("tenant.id", "acme").attach();
/// let _without = baggage::without("tenant.id").attach();
/// assert_eq!(baggage::get("tenant.id"), None);
/// ```
#[must_use]
pub fn without(name: &str) -> Context {
    let mut baggage = Context::map_current(copy);
    baggage.remove(name);
    Context::map_current(|current| current.with_baggage(baggage))
}

/// A copy of what a context has.
pub(crate) fn copy(context: &Context) -> Baggage {
    let entries = context.baggage().iter();
    entries.map(|(name, (value, properties))| (name.clone(), (value.clone(), properties.clone()))).collect()
}

/// What a call sets; handed to the closure that the `baggage(…)` of the macro becomes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entries {
    names: &'static [AttributeKey],
    baggage: Baggage,
}

impl Entries {
    pub(crate) fn new(names: &'static [AttributeKey], parent: &Context) -> Self {
        Self { names, baggage: copy(parent) }
    }

    /// Sets the entry number `index` to the text of `value`, if that records anything.
    pub fn set<V: AttributeValue + ?Sized>(&mut self, index: usize, value: &V) {
        let name = self.names[index].as_str();
        let mut written = Vec::with_capacity(1);
        value.write(ValueWriter::new(name, &mut written));
        match written.pop().map(|attribute| attribute.value) {
            None => {}
            Some(Value::String(text)) => drop(self.baggage.insert(name, text)),
            Some(other) => drop(self.baggage.insert(name, other.to_string())),
        }
    }

    /// `parent` with them. Telemetry that is suppressed here stays so inside, wherever the parent comes from.
    pub(crate) fn into_context(self, parent: &Context) -> Context {
        let context = parent.with_baggage(self.baggage);
        if Context::is_current_telemetry_suppressed() { context.with_telemetry_suppressed() } else { context }
    }
}
