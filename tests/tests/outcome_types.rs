//! What the type of a returned value says of a call: the same on the span and on the metric, and never a message in `error.type`.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::io;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;

use http::{Response, StatusCode};
use otel_runtime::opentelemetry::trace::Status;
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{Classified, ErrorType, Outcome, traced};

const MESSAGE: &str = "order 4711 of jo@example.com";

/// Hands on what it is given, under every annotation.
macro_rules! gives {
    ($($name:ident: $returned:ty;)*) => {$(
        #[traced]
        #[otel_runtime::counted]
        fn $name(returned: $returned) -> $returned {
            returned
        }
    )*};
}

/// The class and the description on the span, after a look that the metric says the same; nothing if the call was ok.
fn outcome<T>(call: impl FnOnce() -> T) -> Option<(String, String)> {
    let (_, captured) = capture(call);
    let [span] = captured.all() else { panic!("not one span:\n{}", captured.tree()) };
    let counts: Vec<_> = captured.points("function.calls").collect();
    let [count] = counts.as_slice() else { panic!("not one count:\n{}", captured.metrics()) };
    assert_eq!(span.attribute("error.type"), count.attribute("error.type"));
    let outcome = count.attribute("function.outcome").map(ToString::to_string);
    assert!(!captured.metrics().contains("4711"), "a message in a metric: {}", captured.metrics());
    let Some(class) = span.attribute("error.type") else {
        assert_eq!((outcome.as_deref(), &span.status), (Some("ok"), &Status::Unset));
        return None;
    };
    assert_eq!(outcome.as_deref(), Some("error"));
    let Status::Error { description } = &span.status else { panic!("an error without its status") };
    Some((class.to_string(), description.to_string()))
}

fn class<T>(call: impl FnOnce() -> T) -> Option<String> {
    outcome(call).map(|(class, _)| class)
}

#[allow(clippy::unnecessary_wraps, reason = "it stands beside what `outcome` gives")]
fn error(class: &str, description: &str) -> Option<(String, String)> {
    Some((class.to_owned(), description.to_owned()))
}

gives! {
    option: Option<u8>;
    tuple: (u8, Result<u8, String>);
    flow: ControlFlow<u8, u8>;
    exit: ExitCode;
    exit_in_result: Result<ExitCode, String>;
}

#[test]
fn what_holds_no_error_is_ok() {
    assert_eq!(class(|| option(None)), None);
    assert_eq!(class(|| tuple((1, Err(MESSAGE.to_owned())))), None);
    assert_eq!(class(|| flow(ControlFlow::Break(1))), None);
    assert_eq!(class(|| flow(ControlFlow::Continue(1))), None);
}

#[test]
fn an_exit_code_is_an_error_unless_it_is_that_of_success() {
    assert_eq!(class(|| exit(ExitCode::SUCCESS)), None);
    let failed = class(|| exit(ExitCode::from(3))).expect("it failed");
    assert!(failed.ends_with("::ExitCode"), "{failed}");
    assert_eq!(class(|| exit_in_result(Ok(ExitCode::FAILURE))), Some(failed));
    assert_eq!(class(|| exit_in_result(Ok(ExitCode::SUCCESS))), None);
    assert_eq!(class(|| exit_in_result(Err(MESSAGE.to_owned()))).as_deref(), Some("alloc::string::String"));
}

gives! {
    poll: Poll<Result<u8, io::Error>>;
    poll_next: Poll<Option<Result<u8, io::Error>>>;
    poll_value: Poll<u8>;
}

fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, MESSAGE)
}

#[test]
fn a_poll_is_an_error_if_it_is_ready_with_one() {
    let expected = error("connection_refused", MESSAGE);
    assert_eq!(outcome(|| poll(Poll::Ready(Err(refused())))), expected);
    assert_eq!(outcome(|| poll_next(Poll::Ready(Some(Err(refused()))))), expected);
    for ok in [Poll::Ready(Ok(1)), Poll::Pending] {
        assert_eq!(class(|| poll(ok)), None);
    }
    for ok in [Poll::Ready(Some(Ok(1))), Poll::Ready(None), Poll::Pending] {
        assert_eq!(class(|| poll_next(ok)), None);
    }
    assert_eq!(class(|| poll_value(Poll::Pending)), None);
}

gives! {
    response: Response<&'static str>;
    response_or_error: Result<Response<&'static str>, io::Error>;
}

fn answer(status: u16) -> Response<&'static str> {
    let mut response = Response::new(MESSAGE);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

#[test]
fn a_response_is_an_error_if_the_server_says_so() {
    for status in [200, 204, 302, 400, 404, 429] {
        assert_eq!(class(|| response(answer(status))), None, "{status}");
        assert_eq!(class(|| response_or_error(Ok(answer(status)))), None, "{status}");
    }
    for status in [500, 503, 599] {
        let expected = error(&status.to_string(), "");
        assert_eq!(outcome(|| response(answer(status))), expected);
        assert_eq!(outcome(|| response_or_error(Ok(answer(status)))), expected);
    }
    assert_eq!(class(|| response_or_error(Err(refused()))).as_deref(), Some("connection_refused"));
}

gives! {
    with_anyhow: anyhow::Result<u8>;
    with_eyre: eyre::Result<u8>;
    with_box: Result<u8, Box<dyn Error>>;
    with_send_box: Result<u8, Box<dyn Error + Send + Sync>>;
    with_shared: Result<u8, Arc<dyn Error + Send + Sync>>;
    with_str: Result<u8, &'static str>;
    with_unit: Result<u8, ()>;
    with_format: fmt::Result;
    with_parse: Result<u8, std::num::ParseIntError>;
}

#[test]
fn an_error_of_any_kind_is_told_by_its_path_and_its_text() {
    assert_eq!(outcome(|| with_anyhow(Err(anyhow::anyhow!(MESSAGE).context("outer")))), error("anyhow::Error", "outer"));
    assert_eq!(outcome(|| with_eyre(Err(eyre::eyre!(MESSAGE)))), error("eyre::Report", MESSAGE));
    let boxed = "alloc::boxed::Box<dyn core::error::Error";
    assert_eq!(outcome(|| with_box(Err(MESSAGE.into()))), error(&format!("{boxed}>"), MESSAGE));
    let sent = "alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>";
    assert_eq!(outcome(|| with_send_box(Err(MESSAGE.into()))), error(sent, MESSAGE));
    let shared = outcome(|| with_shared(Err(Arc::new(refused()))));
    assert_eq!(shared.map(|(_, text)| text).as_deref(), Some(MESSAGE));
    assert_eq!(outcome(|| with_str(Err(MESSAGE))), error("&str", MESSAGE));
    assert_eq!(outcome(|| with_unit(Err(()))), error("()", ""));
    assert_eq!(class(|| with_format(Err(fmt::Error))).as_deref(), Some("core::fmt::Error"));
    assert_eq!(class(|| with_parse("x".parse())).as_deref(), Some("core::num::error::ParseIntError"));
    for ok in [class(|| with_anyhow(Ok(1))), class(|| with_eyre(Ok(1))), class(|| with_unit(Ok(1)))] {
        assert_eq!(ok, None);
    }
}

gives! {
    with_io: io::Result<u8>;
    with_boxed_io: Result<u8, Box<io::Error>>;
    with_shared_io: Result<u8, Arc<io::Error>>;
}

#[test]
fn an_io_error_is_told_by_its_kind() {
    use io::ErrorKind;
    let kinds = [
        (ErrorKind::NotFound, "not_found"),
        (ErrorKind::PermissionDenied, "permission_denied"),
        (ErrorKind::TimedOut, "timed_out"),
        (ErrorKind::UnexpectedEof, "unexpected_eof"),
        (ErrorKind::Other, "other"),
    ];
    for (kind, name) in kinds {
        assert_eq!(outcome(|| with_io(Err(io::Error::new(kind, MESSAGE)))), error(name, MESSAGE));
    }
    assert_eq!(class(|| with_boxed_io(Err(Box::new(refused())))).as_deref(), Some("connection_refused"));
    assert_eq!(class(|| with_shared_io(Err(Arc::new(refused())))).as_deref(), Some("connection_refused"));
}

gives! {
    with_status: Result<tonic::Response<u8>, tonic::Status>;
    with_boxed_status: Result<tonic::Response<u8>, Box<tonic::Status>>;
}

#[test]
fn a_status_of_grpc_is_told_by_its_code() {
    let status = || tonic::Status::not_found(MESSAGE);
    for class in [class(|| with_status(Err(status()))), class(|| with_boxed_status(Err(Box::new(status()))))] {
        assert_eq!(class.as_deref(), Some("NOT_FOUND"));
    }
    assert_eq!(class(|| with_status(Ok(tonic::Response::new(1)))), None);
}

/// Aliases: of the whole type, of one that hides the error, and one whose name lies.
type Answer<T> = Result<T, io::Error>;
type Silent = Answer<()>;
type Result2 = Option<u8>;

mod lies {
    #[allow(dead_code)]
    #[derive(Debug)]
    pub enum Result<T, E> {
        Ok(T),
        Err(E),
    }
}

gives! {
    aliased: Answer<u8>;
    hidden: Silent;
    alias_of_none: Result2;
    not_the_result: lies::Result<u8, String>;
}

#[test]
fn the_type_counts_and_not_the_name_that_is_written() {
    assert_eq!(class(|| aliased(Err(refused()))).as_deref(), Some("connection_refused"));
    assert_eq!(class(|| hidden(Err(refused()))).as_deref(), Some("connection_refused"));
    assert_eq!(class(|| alias_of_none(None)), None);
    assert_eq!(class(|| not_the_result(lies::Result::Err(MESSAGE.to_owned()))), None);
}

#[traced]
#[otel_runtime::counted]
fn generic_value<T>(value: T) -> T {
    value
}

#[traced]
#[otel_runtime::counted]
fn generic_error<T, E>(result: Result<T, E>) -> Result<T, E> {
    result
}

#[traced]
#[otel_runtime::counted]
fn displayed_error<E: Display>(result: Result<u8, E>) -> Result<u8, E> {
    result
}

#[traced]
#[otel_runtime::counted]
fn classified_error<E>(result: Result<u8, E>) -> Result<u8, E>
where
    E: ErrorType + Debug,
{
    result
}

#[test]
fn a_generic_function_knows_what_its_bounds_promise() {
    assert_eq!(class(|| generic_value(Err::<u8, _>(refused()))), None);
    assert_eq!(outcome(|| generic_error::<u8, _>(Err(refused()))), error("std::io::error::Error", ""));
    assert_eq!(outcome(|| displayed_error(Err(refused()))), error("std::io::error::Error", MESSAGE));
    assert_eq!(outcome(|| classified_error(Err(refused()))), error("connection_refused", MESSAGE));
}

gives! {
    nested: Result<Result<u8, String>, io::Error>;
    option_of_result: Option<Result<u8, String>>;
    result_of_option: Result<Option<u8>, io::Error>;
}

#[test]
fn only_the_outer_result_counts() {
    assert_eq!(class(|| nested(Ok(Err(MESSAGE.to_owned())))), None);
    assert_eq!(class(|| nested(Err(refused()))).as_deref(), Some("connection_refused"));
    assert_eq!(class(|| option_of_result(Some(Err(MESSAGE.to_owned())))), None);
    assert_eq!(class(|| result_of_option(Ok(None))), None);
}

/// A job's state, of which the user says himself whether it is an error.
#[derive(Debug, PartialEq)]
enum State {
    Done,
    Stuck,
}

impl Classified for State {
    fn classify(&self) -> Outcome {
        Outcome::OK.error_if(*self == Self::Stuck)
    }
}

gives! {
    state: State;
    state_in_result: Result<State, String>;
}

#[test]
fn a_type_of_the_user_s_says_itself_how_it_went() {
    assert_eq!(class(|| state(State::Done)), None);
    assert_eq!(class(|| state(State::Stuck)).as_deref(), Some("_OTHER"));
    assert_eq!(class(|| state_in_result(Ok(State::Stuck))).as_deref(), Some("_OTHER"));
    assert_eq!(class(|| state_in_result(Err(MESSAGE.to_owned()))).as_deref(), Some("alloc::string::String"));
}

#[traced]
fn iterates() -> Result<impl Iterator<Item = u8>, io::Error> {
    if false {
        return Ok(vec![1u8].into_iter());
    }
    Err(refused())
}

#[traced]
async fn iterates_later(fails: bool) -> Result<impl Iterator<Item = u8>, Box<dyn Error + Send + Sync>> {
    tokio::task::yield_now().await;
    if fails {
        Err(refused())?;
    }
    Ok([1u8].into_iter())
}

#[tokio::test]
async fn an_opaque_type_in_a_result_is_no_obstacle() {
    let ((), spans) = capture_async(async {
        assert!(iterates().is_err());
        assert!(iterates_later(true).await.is_err());
        assert_eq!(iterates_later(false).await.expect("it does not fail").count(), 1);
    })
    .await;
    let lines: Vec<String> = spans.tree().lines().map(|line| line.replace(MESSAGE, "message")).collect();
    let boxed = "alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>";
    let expected = [
        "iterates error=connection_refused \"message\"".to_owned(),
        format!("iterates_later error={boxed} \"message\""),
        "iterates_later".to_owned(),
    ];
    assert_eq!(lines, expected);
}
