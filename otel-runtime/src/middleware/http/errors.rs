//! The class of what failed below HTTP: few values, whatever library gave the error.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;
use std::io;

use super::{axum, reqwest};
use crate::causes::{self, chain};
use crate::outcome::Outcome;

type Boxed = Box<dyn Error + Send + Sync>;

/// What an error says of itself. Services give errors of any type, and some of a box, which is no error itself: so a type is only asked to have a text.
pub(super) fn outcome<E: Display + 'static>(error: &E) -> Outcome {
    let any: &dyn Any = error;
    if let Some(outcome) = reqwest::outcome(any) {
        return outcome;
    }
    let boxed = any.downcast_ref::<Boxed>().map(|error| &**error as &(dyn Error + 'static));
    let known = boxed.or_else(|| is::<hyper_util::client::legacy::Error>(any)).or_else(|| is::<hyper::Error>(any));
    let class = known.or_else(|| is::<io::Error>(any)).or_else(|| axum::error(any)).and_then(class);
    // The type of a box says nothing.
    let of_type = || if boxed.is_some() { "_OTHER" } else { type_name::<E>() };
    let class = class.unwrap_or_else(|| of_type().into());
    match boxed {
        Some(boxed) => reqwest::described(class, type_name::<E>(), boxed, error),
        None => Outcome::described(class, type_name::<E>(), error),
    }
}

fn is<E: Error + 'static>(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    error.downcast_ref::<E>().map(|error| error as _)
}

/// The class of the innermost cause that has one.
pub(super) fn class(error: &(dyn Error + 'static)) -> Option<Cow<'static, str>> {
    chain(error).filter_map(own_class).last()
}

fn own_class(error: &(dyn Error + 'static)) -> Option<Cow<'static, str>> {
    if let Some(class) = causes::class(error) {
        return Some(class);
    }
    if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
        return error.is_connect().then(|| "connect".into());
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    let classes = [
        (error.is_timeout(), "timeout"),
        (error.is_incomplete_message(), "incomplete_message"),
        (error.is_canceled(), "canceled"),
        (error.is_closed(), "closed"),
        (error.is_body_write_aborted(), "body_write_aborted"),
        (error.is_parse(), "parse"),
        (error.is_user(), "user"),
    ];
    classes.into_iter().find(|(is, _)| *is).map(|(_, class)| class.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_few_and_never_a_message() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let boxed: Boxed = Box::new(refused());
        let wrapped: Boxed = Box::new(io::Error::other(refused()));
        let text: Boxed = "no route to 10.0.0.1".into();
        let elapsed = io::Error::new(io::ErrorKind::TimedOut, "after 3 seconds");
        let cases = [
            (outcome(&refused()), "connection_refused"),
            (outcome(&boxed), "connection_refused"),
            (outcome(&wrapped), "_OTHER"),
            (outcome(&text), "_OTHER"),
            (outcome(&elapsed), "timed_out"),
            (outcome(&std::fmt::Error), "core::fmt::Error"),
        ];
        for (outcome, expected) in cases {
            assert_eq!(outcome.error_type().as_deref(), Some(expected));
        }
    }
}
