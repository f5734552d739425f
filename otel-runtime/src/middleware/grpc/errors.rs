//! The code of what failed below gRPC: that which tonic's client gives to the program.

use std::any::Any;
use std::error::Error;
use std::fmt::Display;

use tonic::{Code, ConnectError, Status, TimeoutExpired};

use super::transport;

type Boxed = Box<dyn Error + Send + Sync>;

/// The code, and what the error says. Services give errors of any type, and some of a box, which is no error itself.
pub(super) fn status<E: Display + 'static>(error: &E) -> (Code, String) {
    let any: &dyn Any = error;
    let boxed = any.downcast_ref::<Boxed>().map(|error| &**error as &(dyn Error + 'static));
    let mut cause = boxed.or_else(|| is::<Status>(any)).or_else(|| is::<hyper::Error>(any)).or_else(|| transport::error(any));
    while let Some(error) = cause {
        if let Some(code) = code(error) {
            let message = error.downcast_ref::<Status>().map_or_else(|| error.to_string(), |status| status.message().to_owned());
            return (code, message);
        }
        cause = error.source();
    }
    (Code::Unknown, error.to_string())
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
        let connect: Boxed = Box::new(ConnectError("no route".into()));
        assert_eq!(status(&connect).0, Code::Unavailable);
        let expired: Boxed = Box::new(TimeoutExpired(()));
        assert_eq!(status(&expired).0, Code::Cancelled);
        assert_eq!(status(&Status::data_loss("")), (Code::DataLoss, String::new()));
        assert_eq!(status(&std::fmt::Error), (Code::Unknown, std::fmt::Error.to_string()));
    }
}
