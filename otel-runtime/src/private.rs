//! What the macros may name, mounted as the hidden `otel_runtime::__private`. Not public API: it changes without notice between versions,
//! which is why the two crates pin each other exactly.
//!
//! An expansion names what is re-exported in the first block and defined as a function below it, and the macros `site!`,
//! `gated!`, `returns!`, `outcome!` and `ok_part!`; nothing else. The second block is what those macros name in turn.

#[path = "convention.rs"]
pub mod convention;

pub use crate::attributes::{AttributeWriter, Attributes};
pub use crate::baggage::Entries;
pub use crate::exceptions::Exceptions;
#[cfg(feature = "inventory")]
pub use crate::inventory::{Entry, SITES, kinds};
pub use crate::metrics::{Count, Time};
pub use crate::name::{AttributeKey, MetricName, SpanName, Unit};
pub use crate::of_kind::{OfKind, kind};
pub use crate::origin::{AsParent, no_parent};
pub use crate::outcome::{ErrorType, Outcome};
pub use crate::redact::{Redacted, Redaction};
pub use crate::stream::Items;
pub use crate::value::{AttributeValue, Debugged, Displayed, MetricValue, Unbounded, ValueWriter};
pub use crate::{
    __gated as gated, __ok_part as ok_part, __outcome as outcome, __register as register, __returns as returns, __site as site,
};
pub use opentelemetry::trace::SpanKind;
pub use opentelemetry_semantic_conventions as semconv;

pub use crate::classify::{
    AlwaysOk, ByDisplay, ByErrorType, ByOkValue, ByPath, ByValue, Fallible, Infallible, ResultParts, Returned, WholeValue,
};
pub use crate::site::{Code, Site};
#[cfg(feature = "inventory")]
pub use linkme;

use opentelemetry::Context;

use crate::attributes::Fields;
use crate::panics;

/// The fields of a call that has none.
pub fn no_fields(_: &mut Fields) {}

/// The context that is current here, for what has no other parent.
#[must_use]
pub fn current_context() -> Context {
    Context::current()
}

/// The name of a span that an annotation gives as a literal. A crate that declares its names has a function of this name, which refuses it.
#[must_use]
#[track_caller]
pub const fn __otel_span_name(name: &'static str) -> SpanName {
    SpanName::new(name)
}

/// The same for the name of a metric.
#[must_use]
#[track_caller]
pub const fn __otel_metric_name(name: &'static str) -> MetricName {
    MetricName::new(name)
}

/// Checks that a module is the root of its crate.
///
/// # Panics
///
/// With `message`, if it is not; while compiling.
#[track_caller]
pub const fn in_root(module: &str, message: &str) {
    let path = module.as_bytes();
    let mut at = 0;
    while at < path.len() {
        assert!(path[at] != b':', "{}", message);
        at += 1;
    }
}

/// `Box::pin`, where the user's `Box` may be another.
pub fn pinned<F>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
}

/// Calls a closure of the user's, whose argument's type the compiler learns from here.
#[inline]
pub fn apply<'a, T: ?Sized, R>(value: &'a T, closure: impl FnOnce(&'a T) -> R) -> R {
    closure(value)
}

/// What the closure of `error_if` or `ok_if` says; `false` if it panics, so that the outcome is what it would be without it.
pub fn verdict(judge: impl FnOnce() -> bool) -> bool {
    panics::contained(judge).unwrap_or_default()
}

/// The error in what a function returned, for `err(…)`.
#[inline]
pub fn error_of<F: Fallible>(returned: &F) -> Option<&F::Error> {
    returned.error()
}

/// The outcome of a call, for [`outcome!`]; without a branch there, which the user's coverage would count.
#[must_use]
#[inline]
pub fn judged(failure: Option<Outcome>, success: Outcome) -> Outcome {
    failure.unwrap_or(success)
}

/// A value of a type, for [`returns!`].
///
/// # Panics
///
/// Always; it is never run.
#[must_use]
pub fn typed<T>() -> T {
    unreachable!("only the type of this call is of interest")
}

/// The [`Site`] of the calling code, in a `static` that nothing else can name; what follows the line is what [`register!`] is told of its
/// attributes, and calls that add to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($function:expr, $line:literal, $attributes:tt, $($what:tt)*) => {{
        static __OTEL_SITE: $crate::__private::Site = $crate::__private::Site::new($crate::__private::Code::new(
            ::core::concat!(::core::module_path!(), "::", $function),
            ::core::file!(),
            $line,
            ::core::module_path!(),
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::option_env!("CARGO_PKG_VERSION"),
        ))
        $($what)*;
        $crate::__private::register!(__OTEL_SITE $attributes);
        &__OTEL_SITE
    }};
}

/// Adds a place to the inventory. Of its attributes the macro has written down, list by list, the kind of each, as far as the source shows it.
#[cfg(feature = "inventory")]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($site:ident [$([$($kind:ident),*])*]) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::SITES)]
        #[linkme(crate = $crate::__private::linkme)]
        static __OTEL_ENTRY: $crate::__private::Entry = $crate::__private::Entry::new(
            &$site,
            &[$(&[$($crate::__private::kinds::$kind),*]),*],
        );
    };
}

/// Without an inventory there is nothing to add to.
#[cfg(not(feature = "inventory"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($site:ident $attributes:tt) => {};
}

/// A name that an annotation gives as a literal. A crate that declares its names has a function in its root which refuses it: what is in
/// `crate::*` stands before what is imported outside of that.
#[doc(hidden)]
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "the user's crate is what is asked")]
macro_rules! __gated {
    ($gate:ident, $name:expr) => {{
        use $crate::__private::$gate;
        {
            #[allow(unused_imports)]
            use crate::*;
            $gate($name)
        }
    }};
}

/// Tells the compiler the type of an async block's value, to which the block's `?`, `return` and last expression are then converted. There
/// is no syntax for it.
#[doc(hidden)]
#[macro_export]
macro_rules! __returns {
    (!) => {};
    ($returned:ty) => {
        if false {
            return $crate::__private::typed::<$returned>();
        }
    };
}

/// Classifies what a function returned, by its type; see the module `classify`.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    ($returned:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            AlwaysOk as _, ByDisplay as _, ByErrorType as _, ByOkValue as _, ByPath as _, ByValue as _, Infallible as _,
        };
        let returned = &&&&$crate::__private::Returned($returned);
        $crate::__private::judged(returned.__otel_failure(), returned.__otel_success())
    }};
}

/// What `ok(…)` looks at in what a function returned, by its type.
#[doc(hidden)]
#[macro_export]
macro_rules! __ok_part {
    ($returned:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ResultParts as _, WholeValue as _};
        (&&$crate::__private::Returned($returned)).__otel_ok()
    }};
}
