//! The code of what failed below gRPC: that which tonic's client gives to the program.

use std::any::Any;
use std::error::Error;
use std::fmt::Display;

use tonic::{Code, ConnectError, Status, TimeoutExpired};

use super::transport;
use crate::causes::{chain, innermost};

type Boxed = Box<dyn Error + Send + Sync>;

/// The code, and what the error says. Services give errors of any type, and some of a box, which is no error itself.
pub(super) fn status<E: Display + 'static>(error: &E) -> (Code, String) {
    let any: &dyn Any = error;
    let boxed = any.downcast_ref::<Boxed>().map(|error| &**error as &(dyn Error + 'static));
    let known = boxed.or_else(|| is::<Status>(any)).or_else(|| is::<hyper::Error>(any)).or_else(|| transport::error(any));
    for error in known.into_iter().flat_map(chain) {
        if let Some(code) = code(error) {
            let message =
                error.downcast_ref::<Status>().map_or_else(|| with_cause(error.to_string(), error), |status| status.message().to_owned());
            return (code, message);
        }
    }
    let message = error.to_string();
    let message = if let Some(error) = known { with_cause(message, error) } else { message };
    (Code::Unknown, message)
}

/// What an error says, and its first cause, which is the one that names the trouble: `tcp connect error: Connection refused (os error 111)`.
fn with_cause(message: String, error: &(dyn Error + 'static)) -> String {
    let cause = innermost(error).to_string();
    if message.contains(&cause) { message } else { format!("{message}: {cause}") }
}

fn is<E: Error + 'static>(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    error.downcast_ref::<E>().map(|error| error as _)
}

fn code(error: &(dyn Error + 'static)) -> Option<Code> {
    if let Some(status) = error.downcast_ref::<Status>() {
        return Some(status.code());
    }
    if error.is::<TimeoutExpired>() {
        return Some(Code::Cancelled);
    }
    if error.is::<ConnectError>() {
        return Some(Code::Unavailable);
    }
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_timeout() {
        return Some(Code::Unavailable);
    }
    if error.is_canceled() { Some(Code::Cancelled) } else { error.source().and_then(transport::reset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Around(Status);

    impl Display for Around {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("it did not work")
        }
    }

    impl Error for Around {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_code_is_found_wherever_it_is() {
        let boxed: Boxed = Box::new(Around(Status::not_found("no such order")));
        assert_eq!(status(&boxed), (Code::NotFound, "no such order".to_owned()));
        let expired: Boxed = Box::new(TimeoutExpired(()));
        assert_eq!(status(&expired).0, Code::Cancelled);
        assert_eq!(status(&Status::data_loss("")), (Code::DataLoss, String::new()));
        assert_eq!(status(&std::fmt::Error), (Code::Unknown, std::fmt::Error.to_string()));
    }

    #[test]
    fn what_failed_below_is_said_with_its_cause() {
        #[derive(Debug)]
        struct Failed(&'static str, Option<Box<Failed>>);

        impl Display for Failed {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0)
            }
        }

        impl Error for Failed {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                self.1.as_deref().map(|error| error as _)
            }
        }

        let no_route = |text| Failed(text, Some(Box::new(Failed("trying", Some(Box::new(Failed("no route", None)))))));
        let connect = |error: Failed| Box::new(ConnectError(Box::new(error))) as Boxed;
        for (error, code, message) in [
            (connect(no_route("connect error")), Code::Unavailable, "connect error: no route"),
            (connect(no_route("connect error: no route")), Code::Unavailable, "connect error: no route"),
            (connect(Failed("no route", None)), Code::Unavailable, "no route"),
            (Box::new(no_route("transport error")), Code::Unknown, "transport error: no route"),
            ("no route".into(), Code::Unknown, "no route"),
        ] {
            assert_eq!(status(&error), (code, message.to_owned()));
        }
    }
}
