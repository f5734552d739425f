//! How a call went: ok, error, cancelled or panicked; one classification for everything that is recorded of it.
//!

use std::borrow::Cow;
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use crate::panics;

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
    /// The type of the error, if there is one.
    pub(crate) exception_type: Option<Cow<'static, str>>,
    pub(crate) description: Cow<'static, str>,
}

impl Failure {
    /// What stands in `exception.type`: the type of the error, or what is known in its place.
    pub(crate) fn exception_type(&self) -> &Cow<'static, str> {
        self.exception_type.as_ref().unwrap_or(&self.error_type)
    }
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
        Self(Kind::Error(Box::new(Failure { error_type: error_type.into(), exception_type: None, description: description.into() })))
    }

    /// Not generic, so that it is compiled once and not into every function that may fail.
    pub(crate) fn described(error_type: Cow<'static, str>, exception_type: &'static str, error: &dyn Display) -> Self {
        let description = panics::contained(|| error.to_string()).unwrap_or_default().into();
        Self(Kind::Error(Box::new(Failure { error_type, exception_type: Some(exception_type.into()), description })))
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

    #[cfg(feature = "http")]
    pub(crate) fn is_error(&self) -> bool {
        matches!(self.0, Kind::Error(_))
    }

    /// As in `function.outcome`.
    pub(crate) fn is_panic(&self) -> bool {
        matches!(self.0, Kind::Panicked)
    }

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

pub(crate) fn path_of<E: ?Sized>() -> Cow<'static, str> {
    std::any::type_name::<E>().into()
}
