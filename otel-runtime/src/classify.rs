//! What a function returned → how the call went, by its *type*.
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

use std::any::type_name;
use std::fmt::Display;
use std::task::Poll;

use crate::outcome::{Classified, ErrorType, Outcome, path_of};

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
        self.0.error().map(|error| Outcome::described(error.error_type(), type_name::<F::Error>(), error))
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
        self.0.error().map(|error| Outcome::described(path_of::<F::Error>(), type_name::<F::Error>(), error))
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
        self.0.error().map(|_| Outcome::described(path_of::<F::Error>(), type_name::<F::Error>(), &""))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__private::outcome;
    use crate::outcome::Kind;

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
