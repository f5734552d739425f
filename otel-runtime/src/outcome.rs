//! How a call went: ok, error, cancelled or panicked; one classification for everything that is recorded of it.
//!
//! # By the type of the returned value
//!
//! A macro cannot see types, so the choice is left to the compiler: `outcome!` calls methods on `&&&&Returned(returned)`, and method look-up
//! tries fewer and fewer references. The traits below are implemented for different numbers of them, and the first that applies is taken:
//!
//! | `__otel_failure()` for | where | gives |
//! |---|---|---|
//! | `&&&Returned<F>` | `F: Fallible<Error: ErrorType>` | the class that the error itself says |
//! | `&&Returned<F>` | `F: Fallible<Error: Display>` | the error's path and its text |
//! | `&Returned<F>` | `F: Fallible` | the error's path |
//! | `Returned<T>` | | no error |
//!
//! Without an error, `__otel_success()` asks values that are [`Classified`] in the same way. In a generic function only what its bounds promise
//! applies.

use std::borrow::Cow;
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;

/// The class of an error: what stands in `error.type` (semantic conventions, "Recording errors":
/// <https://opentelemetry.io/docs/specs/semconv/general/recording-errors/>).
///
/// There must be few different values, so a class is never the error's message. An error type without this trait is classified by its
/// path, e.g. `shop::OrderError`.
///
/// Derive it for an error of several kinds: the class is the name of the variant in snake case.
///
/// ```
/// use std::fmt;
///
/// use otel_runtime::{ErrorType, traced};
///
/// #[derive(Debug, ErrorType)]
/// enum OrderError {
///     OutOfStock(u32), // out_of_stock
///     #[error_type("declined")]
///     CardDeclined,
///     #[error_type(transparent)] // asks the inner error: not_found, connection_refused, …
///     Io(std::io::Error),
/// }
///
/// impl fmt::Display for OrderError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         write!(f, "the order cannot be placed: {self:?}")
///     }
/// }
///
/// #[traced]
/// fn place_order() -> Result<(), OrderError> {
///     Err(OrderError::CardDeclined)
/// }
/// # assert!(place_order().is_err());
/// # assert_eq!(OrderError::OutOfStock(1).error_type(), "out_of_stock");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say its class",
    note = "put `#[derive(otel_runtime::ErrorType)]` on it, or implement `otel_runtime::ErrorType`"
)]
pub trait ErrorType: Display {
    /// The class of this error, of which there are few.
    fn error_type(&self) -> Cow<'static, str>;
}

/// The kind of an I/O error, in snake case: `not_found`, `connection_refused`.
impl ErrorType for std::io::Error {
    fn error_type(&self) -> Cow<'static, str> {
        snake_case(&format!("{:?}", self.kind())).into()
    }
}

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        impl<T: ErrorType + ?Sized> ErrorType for $ty {
            fn error_type(&self) -> Cow<'static, str> {
                (**self).error_type()
            }
        }
    )*};
}

pointers!(&T, Box<T>, Arc<T>);

fn snake_case(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 4);
    for (index, letter) in camel.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// How a call went. Every annotated function hands one on, so it is small.
#[derive(Debug)]
pub struct Outcome(pub(crate) Kind);

#[derive(Debug)]
pub(crate) enum Kind {
    Ok,
    Error(Box<Failure>),
    /// The future was dropped before it was ready.
    Cancelled,
    /// By the panic that is under way on this thread.
    Panicked,
}

/// What an error says of itself.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error_type: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
}

impl Outcome {
    /// The call returned what it was to return.
    pub const OK: Self = Self(Kind::Ok);
    pub(crate) const CANCELLED: Self = Self(Kind::Cancelled);
    pub(crate) const PANICKED: Self = Self(Kind::Panicked);

    /// The call failed: `error_type` is the class of the error, of which there are few, and `description` says more of this one; it may be
    /// empty.
    ///
    /// ```
    /// use otel_runtime::{Classified, Outcome, traced};
    ///
    /// struct Reading {
    ///     celsius: f64,
    /// }
    ///
    /// impl Classified for Reading {
    ///     fn classify(&self) -> Outcome {
    ///         if self.celsius < 100.0 { Outcome::OK } else { Outcome::error("too_hot", format!("{} °C", self.celsius)) }
    ///     }
    /// }
    ///
    /// #[traced]
    /// fn measure() -> Reading {
    ///     Reading { celsius: 20.0 }
    /// }
    /// # measure();
    /// ```
    #[must_use]
    pub fn error(error_type: impl Into<Cow<'static, str>>, description: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Error(Box::new(Failure { error_type: error_type.into(), description: description.into() })))
    }

    /// Not generic, so that it is compiled once and not into every function that may fail.
    fn described(error_type: Cow<'static, str>, error: &dyn Display) -> Self {
        Self::error(error_type, error.to_string())
    }

    /// `error_if`: what looked well is an error, of the class that the semantic conventions keep for "no class of its own".
    #[must_use]
    pub fn error_if(self, is_error: bool) -> Self {
        match self.0 {
            Kind::Ok if is_error => Self::error("_OTHER", ""),
            _ => self,
        }
    }

    /// `ok_if`: what looked like an error is none.
    #[must_use]
    pub fn ok_if(self, is_ok: bool) -> Self {
        match self.0 {
            Kind::Error(_) if is_ok => Self::OK,
            _ => self,
        }
    }

    /// As in `function.outcome`.
    pub(crate) fn name(&self) -> &'static str {
        match self.0 {
            Kind::Ok => "ok",
            Kind::Error(_) => "error",
            Kind::Cancelled => "cancelled",
            Kind::Panicked => "panicked",
        }
    }

    /// As in `error.type`.
    pub(crate) fn error_type(&self) -> Option<Cow<'static, str>> {
        match &self.0 {
            Kind::Ok | Kind::Cancelled => None,
            Kind::Error(failure) => Some(failure.error_type.clone()),
            Kind::Panicked => Some("panic".into()),
        }
    }
}

/// Something that can hold an error.
#[diagnostic::on_unimplemented(
    message = "`err(…)` looks at the error of what a function returns, and `{Self}` has none",
    note = "use it on a function that returns a `Result`"
)]
pub trait Fallible {
    /// The error's type.
    type Error;

    /// The error, if there is one.
    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

impl<T, E> Fallible for Poll<Result<T, E>> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        match self {
            Self::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }
}

impl<T, E> Fallible for Poll<Option<Result<T, E>>> {
    type Error = E;

    #[inline]
    fn error(&self) -> Option<&E> {
        match self {
            Self::Ready(Some(Err(error))) => Some(error),
            _ => None,
        }
    }
}

/// A value that was returned, and is none the less an error.
pub trait Classified {
    /// How the call went that returned this.
    fn classify(&self) -> Outcome;
}

impl Classified for ExitCode {
    /// A code that is not that of success. There is no other way to look into one than its `Debug`.
    fn classify(&self) -> Outcome {
        if format!("{self:?}") == format!("{:?}", Self::SUCCESS) { Outcome::OK } else { Outcome::error(path_of::<Self>(), "") }
    }
}

impl<B> Classified for http::Response<B> {
    /// A status of 500 or above; its class is its number, as the HTTP conventions have it.
    fn classify(&self) -> Outcome {
        let status = self.status();
        if status.is_server_error() { Outcome::error(status.as_str().to_owned(), "") } else { Outcome::OK }
    }
}

/// A returned value, on its way to being classified.
#[derive(Debug)]
pub struct Returned<'a, T: ?Sized>(pub &'a T);

// The names of the methods are such that no trait of the user's, in scope where they are called, has the same.

/// First choice: an error that classifies itself.
pub trait ByErrorType {
    /// The error's outcome, if there is one.
    fn __otel_failure(&self) -> Option<Outcome>;
}

impl<F: Fallible<Error: ErrorType>> ByErrorType for &&&Returned<'_, F> {
    #[inline]
    fn __otel_failure(&self) -> Option<Outcome> {
        self.0.error().map(|error| Outcome::described(error.error_type(), error))
    }
}

/// Second choice: an error that has a text.
pub trait ByDisplay {
    /// The error's outcome, if there is one.
    fn __otel_failure(&self) -> Option<Outcome>;
}

impl<F: Fallible<Error: Display>> ByDisplay for &&Returned<'_, F> {
    #[inline]
    fn __otel_failure(&self) -> Option<Outcome> {
        self.0.error().map(|error| Outcome::described(path_of::<F::Error>(), error))
    }
}

/// Third choice: any error.
pub trait ByPath {
    /// The error's outcome, if there is one.
    fn __otel_failure(&self) -> Option<Outcome>;
}

impl<F: Fallible> ByPath for &Returned<'_, F> {
    #[inline]
    fn __otel_failure(&self) -> Option<Outcome> {
        self.0.error().map(|_| Outcome::error(path_of::<F::Error>(), ""))
    }
}

/// Last choice: what cannot hold an error.
pub trait Infallible {
    /// None.
    fn __otel_failure(&self) -> Option<Outcome>;
}

impl<T: ?Sized> Infallible for Returned<'_, T> {
    #[inline]
    fn __otel_failure(&self) -> Option<Outcome> {
        None
    }
}

/// First choice: the value in a `Result` says how the call went.
pub trait ByOkValue {
    /// The value's outcome.
    fn __otel_success(&self) -> Outcome;
}

impl<T: Classified, E> ByOkValue for &&Returned<'_, Result<T, E>> {
    #[inline]
    fn __otel_success(&self) -> Outcome {
        self.0.as_ref().map_or(Outcome::OK, Classified::classify)
    }
}

/// Second choice: the value says how the call went.
pub trait ByValue {
    /// The value's outcome.
    fn __otel_success(&self) -> Outcome;
}

impl<T: Classified> ByValue for &Returned<'_, T> {
    #[inline]
    fn __otel_success(&self) -> Outcome {
        self.0.classify()
    }
}

/// Last choice: it went well.
pub trait AlwaysOk {
    /// Ok.
    fn __otel_success(&self) -> Outcome;
}

impl<T: ?Sized> AlwaysOk for Returned<'_, T> {
    #[inline]
    fn __otel_success(&self) -> Outcome {
        Outcome::OK
    }
}

/// What `ok(…)` looks at in a `Result`.
pub trait ResultParts<'a> {
    /// What `ok` looks at.
    type Ok: 'a;

    /// The value, if the call went well.
    fn __otel_ok(&self) -> Option<&'a Self::Ok>;
}

impl<'a, T, E> ResultParts<'a> for &Returned<'a, Result<T, E>> {
    type Ok = T;

    #[inline]
    fn __otel_ok(&self) -> Option<&'a T> {
        self.0.as_ref().ok()
    }
}

/// As [`ResultParts`], for a value that is no `Result`: all of it is what `ok` looks at.
pub trait WholeValue<'a> {
    /// What `ok` looks at.
    type Ok: 'a;

    /// The value.
    fn __otel_ok(&self) -> Option<&'a Self::Ok>;
}

impl<'a, T> WholeValue<'a> for Returned<'a, T> {
    type Ok = T;

    #[inline]
    fn __otel_ok(&self) -> Option<&'a T> {
        Some(self.0)
    }
}

fn path_of<E: ?Sized>() -> Cow<'static, str> {
    std::any::type_name::<E>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__private::outcome;

    /// What `outcome!` makes of a value: `class: text` for an error, nothing for ok.
    macro_rules! class {
        ($returned:ty, $value:expr) => {{
            let value: &$returned = $value;
            match outcome!(value).0 {
                Kind::Error(failure) => Some(format!("{}: {}", failure.error_type, failure.description)),
                _ => None,
            }
        }};
    }

    #[test]
    fn values_that_cannot_fail_are_ok() {
        assert_eq!(class!((), &()), None);
        assert_eq!(class!(Option<u8>, &None), None);
        assert_eq!(class!(Result<u8, String>, &Ok(1)), None);
        assert_eq!(class!(&str, &"text"), None);
    }

    #[test]
    fn an_error_with_a_class_of_its_own() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "no answer");
        assert_eq!(class!(std::io::Result<()>, &Err(refused)).as_deref(), Some("connection_refused: no answer"));
    }

    #[test]
    fn an_error_with_a_text() {
        type Boxed = Box<dyn std::error::Error>;
        assert_eq!(class!(Result<(), &str>, &Err("bad")).as_deref(), Some("&str: bad"));
        let boxed = class!(Result<(), Boxed>, &Err("bad".into()));
        assert_eq!(boxed.as_deref(), Some("alloc::boxed::Box<dyn core::error::Error>: bad"));
    }

    #[test]
    fn an_error_with_neither() {
        struct Opaque;
        let class = class!(Result<(), Opaque>, &Err(Opaque)).unwrap_or_default();
        assert!(class.ends_with("::Opaque: "), "{class}");
    }

    #[test]
    fn the_type_counts_and_not_its_name() {
        type Answer = Result<u8, std::fmt::Error>;
        struct Result2;
        assert!(class!(Answer, &Err(std::fmt::Error)).is_some());
        assert!(class!(Result2, &Result2).is_none());
    }

    #[test]
    fn generic_code_takes_what_its_bounds_promise() {
        fn displayed<E: Display>(result: &Result<(), E>) -> Option<String> {
            class!(Result<(), E>, result)
        }
        fn unbounded<T>(value: &T) -> Option<String> {
            class!(T, value)
        }
        let failed = || Err::<(), _>(std::io::Error::other("x"));
        assert_eq!(displayed(&failed()).as_deref(), Some("std::io::error::Error: x"));
        assert_eq!(unbounded(&failed()), None);
    }
}
