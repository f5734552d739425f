//! How an operation went, by what it returned.

use std::any::type_name;
use std::fmt::Display;

use crate::outcome::{Outcome, path_of};

/// What an operation may return, and still be known to have failed.
#[diagnostic::on_unimplemented(
    message = "it is not known of `{Self}` whether it is an error",
    note = "return `()`, a `Result` whose error has a `Display`, or an `Option` of one; or say what is an error with `Guard::run_as`"
)]
pub trait Ended {
    /// How it went.
    fn outcome(&self) -> Outcome;
}

impl Ended for () {
    fn outcome(&self) -> Outcome {
        Outcome::OK
    }
}

/// An error's class is its type.
impl<T, E: Display> Ended for Result<T, E> {
    fn outcome(&self) -> Outcome {
        self.as_ref().err().map_or(Outcome::OK, |error| Outcome::described(path_of::<E>(), type_name::<E>(), error))
    }
}

impl<T, E: Display> Ended for Option<Result<T, E>> {
    fn outcome(&self) -> Outcome {
        self.as_ref().map_or(Outcome::OK, Ended::outcome)
    }
}
