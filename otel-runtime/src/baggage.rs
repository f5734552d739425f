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

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};

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
    let mut baggage = current();
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
    let mut baggage = current();
    baggage.remove(name);
    Context::map_current(|current| current.with_baggage(baggage))
}

/// A copy of what is current.
fn current() -> Baggage {
    Context::map_current(|current| {
        let entries = current.baggage().iter();
        entries.map(|(name, (value, properties))| (name.clone(), (value.clone(), properties.clone()))).collect()
    })
}
