//! What the macros may name, mounted as the hidden `otel_runtime::__private`. Not public API: it changes without notice between versions,
//! which is why the two crates pin each other exactly.
//!
//! An expansion names [`SpanName`], [`AttributeKey`], [`Displayed`], [`Debugged`], [`Outcome`], [`no_fields`], [`pinned`], and the
//! macros `site!`, `returns!` and `outcome!`; nothing else. What those macros name in turn stands below.

pub use opentelemetry::trace::SpanKind;

pub use crate::__outcome as outcome;
pub use crate::__returns as returns;
pub use crate::__site as site;
pub use crate::name::{AttributeKey, SpanName};
pub use crate::outcome::{AlwaysOk, ByDisplay, ByErrorType, ByPath, Outcome, Returned};
pub use crate::site::{Code, Site};
pub use crate::value::{Debugged, Displayed};

use crate::attributes::Fields;

/// The fields of a span that has none.
pub fn no_fields(_: &mut Fields<'_>) {}

/// `Box::pin`, where the user's `Box` may be another.
pub fn pinned<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
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

/// The [`Site`] of the calling code, in a `static` that nothing else can name.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ($name:expr, $kind:ident, [$($key:expr),*], $function:literal, $line:literal) => {{
        static SITE: $crate::__private::Site = $crate::__private::Site::new(
            $name,
            $crate::__private::SpanKind::$kind,
            &[$($key),*],
            $crate::__private::Code::new(
                ::core::concat!(::core::module_path!(), "::", $function),
                ::core::file!(),
                $line,
                ::core::module_path!(),
                ::core::option_env!("CARGO_PKG_NAME"),
                ::core::option_env!("CARGO_PKG_VERSION"),
            ),
        );
        &SITE
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

/// Classifies what a function returned, by its type; see the module `outcome`.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    ($returned:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{AlwaysOk as _, ByDisplay as _, ByErrorType as _, ByPath as _};
        (&&&&$crate::__private::Returned($returned)).outcome()
    }};
}
