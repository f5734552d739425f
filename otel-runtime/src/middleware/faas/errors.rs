//! The class of the error that an invocation ended with. Handlers of hosts mostly return a box of any error, whose type says nothing.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;

use crate::causes::{self, chain};
use crate::outcome::{Outcome, path_of};

/// Of a box the class of what is in it, if that is known, or of its cause; of any other error its type.
pub(super) fn outcome<E: Display + 'static>(error: &E) -> Outcome {
    let class = in_box(error).map_or_else(path_of::<E>, |error| class(error).unwrap_or(Cow::Borrowed("_OTHER")));
    Outcome::described(class, type_name::<E>(), error)
}

fn in_box(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return Some(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        return Some(&**error);
    }
    error.downcast_ref::<Box<dyn Error>>().map(|error| &**error)
}

/// The class of the innermost cause that has one.
fn class(error: &(dyn Error + 'static)) -> Option<Cow<'static, str>> {
    chain(error).filter_map(causes::class).last()
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Around(io::Error);

    impl Display for Around {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the order cannot be read")
        }
    }

    impl Error for Around {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn of_a_box_it_is_that_of_what_is_in_it() {
        type Boxed = Box<dyn Error + Send + Sync>;
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let (unsent, unshared): (Box<dyn Error>, Box<dyn Error + Send>) = (Box::new(missing()), Box::new(missing()));
        let cases = [
            (outcome(&Boxed::from(missing())), "not_found"),
            (outcome(&unsent), "not_found"),
            (outcome(&unshared), "not_found"),
            (outcome(&Boxed::from(Around(missing()))), "not_found"),
            (outcome(&Boxed::from(io::Error::other("the bank is closed"))), "_OTHER"),
            (outcome(&Boxed::from("no stock of 4711")), "_OTHER"),
            (outcome(&fmt::Error), "core::fmt::Error"),
            (outcome(&"no stock"), "&str"),
        ];
        for (outcome, expected) in cases {
            assert_eq!(outcome.error_type().as_deref(), Some(expected));
        }
    }
}
