//! An error, and what caused it.

use std::borrow::Cow;
use std::error::Error;
use std::io;

use crate::outcome::ErrorType;

/// An error, its cause, the cause of that, and so on.
pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    /// An error may be its own source, by mistake.
    const MOST: usize = 32;
    std::iter::successors(Some(error), |error| (*error).source()).take(MOST)
}

/// The first cause, which is the one that names the trouble: `Connection refused (os error 111)`.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

/// The class of an error of the standard library's or of tokio's, if it says something.
#[cfg_attr(not(any(feature = "faas", feature = "http")), allow(dead_code, reason = "layers ask for it"))]
pub(crate) fn class(error: &(dyn Error + 'static)) -> Option<Cow<'static, str>> {
    if error.is::<tokio::time::error::Elapsed>() {
        return Some("timeout".into());
    }
    // Other says nothing.
    error.downcast_ref::<io::Error>().filter(|error| error.kind() != io::ErrorKind::Other).map(ErrorType::error_type)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Own;

    impl fmt::Display for Own {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("its own cause")
        }
    }

    impl Error for Own {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Own)
        }
    }

    #[test]
    fn an_error_that_is_its_own_cause_ends() {
        assert_eq!((chain(&Own).count(), innermost(&Own).to_string()), (32, "its own cause".to_owned()));
    }
}
