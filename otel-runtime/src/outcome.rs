//! How a call went: ok, error, cancelled or panicked; one classification for everything that is recorded of it.
//!
//! # By the type of the returned value
//!
//! A macro cannot see types, so the choice is left to the compiler: `outcome!` calls a method on `&&&&Returned(returned)`, and method
//! look-up tries fewer and fewer references. The traits below are implemented for different numbers of them:
//!
//! | implemented for | where | outcome |
//! |---|---|---|
//! | `&&Returned<Result<T, E>>` | `E: ErrorType` | the type that the error itself gives |
//! | `&Returned<Result<T, E>>` | `E: Display` | the error's path and its text |
//! | `Returned<Result<T, E>>` | | the error's path |
//! | `Returned<T>`, by a plain function on the wrapped reference | | ok |
//!
//! The first that applies is taken. In a generic function only what its bounds promise applies.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

/// The class of an error: what stands in `error.type` (semantic conventions, "Recording errors":
/// <https://opentelemetry.io/docs/specs/semconv/general/recording-errors/>).
///
/// There must be few different values, so a class is never the error's message. An error type without this trait is classified by its
/// path, e.g. `shop::OrderError`.
///
/// ```
/// use std::borrow::Cow;
/// use std::fmt;
///
/// use otel_runtime::{ErrorType, traced};
///
/// #[derive(Debug)]
/// enum OrderError {
///     OutOfStock(u32),
///     CardDeclined,
/// }
///
/// impl ErrorType for OrderError {
///     fn error_type(&self) -> Cow<'static, str> {
///         match self {
///             Self::OutOfStock(_) => "out_of_stock".into(),
///             Self::CardDeclined => "card_declined".into(),
///         }
///     }
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
/// ```
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

/// How a call went.
#[derive(Debug)]
pub struct Outcome(pub(crate) Kind);

#[derive(Debug)]
pub(crate) enum Kind {
    Ok,
    Error {
        error_type: Cow<'static, str>,
        description: Cow<'static, str>,
    },
    /// The future was dropped before it was ready.
    Cancelled,
    Panicked {
        message: Option<String>,
    },
}

impl Outcome {
    /// The call returned what it was to return.
    pub const OK: Self = Self(Kind::Ok);
    pub(crate) const CANCELLED: Self = Self(Kind::Cancelled);

    /// The panic that is under way on this thread.
    pub(crate) fn panicked() -> Self {
        Self(Kind::Panicked { message: crate::panics::message() })
    }

    fn error(error_type: Cow<'static, str>, description: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Error { error_type, description: description.into() })
    }
}

/// A returned value, on its way to being classified.
#[derive(Debug)]
pub struct Returned<'a, T: ?Sized>(pub &'a T);

/// First choice: an error that classifies itself.
pub trait ByErrorType {
    /// Classifies the value.
    fn outcome(&self) -> Outcome;
}

impl<T, E: ErrorType> ByErrorType for &&&Returned<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::OK,
            Err(error) => Outcome::error(error.error_type(), error.to_string()),
        }
    }
}

/// Second choice: an error that has a text.
pub trait ByDisplay {
    /// Classifies the value.
    fn outcome(&self) -> Outcome;
}

impl<T, E: Display> ByDisplay for &&Returned<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::OK,
            Err(error) => Outcome::error(path_of::<E>(), error.to_string()),
        }
    }
}

/// Third choice: any error.
pub trait ByPath {
    /// Classifies the value.
    fn outcome(&self) -> Outcome;
}

impl<T, E> ByPath for &Returned<'_, Result<T, E>> {
    #[inline]
    fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::OK,
            Err(_) => Outcome::error(path_of::<E>(), ""),
        }
    }
}

/// Last choice: a value that cannot fail.
pub trait AlwaysOk {
    /// Classifies the value.
    fn outcome(&self) -> Outcome;
}

impl<T: ?Sized> AlwaysOk for Returned<'_, T> {
    #[inline]
    fn outcome(&self) -> Outcome {
        Outcome::OK
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
                Kind::Error { error_type, description } => Some(format!("{error_type}: {description}")),
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
