//! What is recorded of answers, of a connection that answers what it is told.

use std::collections::VecDeque;
use std::future::{pending, ready};

use opentelemetry::trace::Status;
use redis::aio::ConnectionLike;
use redis::{AsyncCommands, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value, cmd, parse_redis_value, pipe};

use super::{Traced, traced};
use crate::testing::{Captured, capture_async};

/// Answers in turn, and never when there is nothing left.
#[derive(Default)]
struct Told(VecDeque<RedisResult<Vec<Value>>>);

impl Told {
    fn next(&mut self) -> RedisFuture<'_, Vec<Value>> {
        match self.0.pop_front() {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }
}

impl ConnectionLike for Told {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        let next = self.next();
        Box::pin(async { next.await.map(|mut answers| answers.remove(0)) })
    }

    fn req_packed_commands<'a>(&'a mut self, _: &'a Pipeline, _: usize, _: usize) -> RedisFuture<'a, Vec<Value>> {
        self.next()
    }

    fn get_db(&self) -> i64 {
        3
    }
}

/// What a server answers.
fn answer(text: &str) -> RedisResult<Vec<Value>> {
    parse_redis_value(text.as_bytes()).map(|value| vec![value])
}

fn told(answers: impl IntoIterator<Item = RedisResult<Vec<Value>>>) -> Traced<Told> {
    traced(Told(answers.into_iter().collect()))
}

fn error_of(captured: &Captured, span: &str) -> (Option<String>, Option<String>, Option<String>) {
    let span = captured.one(span);
    let text = |key| span.attribute(key).map(ToString::to_string);
    let said = match &span.status {
        Status::Error { description } => Some(description.to_string()),
        _ => None,
    };
    (text("db.response.status_code"), text("error.type"), said)
}

async fn failed(answer: RedisResult<Vec<Value>>) -> Captured {
    let mut connection = told([answer]);
    let (result, captured) = capture_async(async { connection.set::<_, _, ()>("cart:7", "s3cr3t").await }).await;
    assert!(result.is_err());
    captured
}

#[tokio::test]
async fn an_error_has_the_prefix_and_says_nothing_secret() {
    for (given, code, class, said) in [
        ("-WRONGTYPE Operation against a key\r\n", Some("WRONGTYPE"), "WRONGTYPE", "WRONGTYPE Operation against a key"),
        ("-MOVED 3999 127.0.0.1:6381\r\n", Some("MOVED"), "MOVED", "MOVED 3999 127.0.0.1:6381"),
        ("-ERR unknown command 'SET', with 's3cr3t'\r\n", Some("ERR"), "ERR", "ERR unknown command ?"),
        ("-ERR no such key 'cart:7'\r\n", Some("ERR"), "ERR", "ERR no such key 'cart:7'"),
        ("-NO_STOCK of apples\r\n", Some("NO_STOCK"), "_OTHER", "NO_STOCK of apples"),
        ("*2\r\n:1\r\n-OOM too much\r\n", Some("OOM"), "OOM", "OOM too much"),
    ] {
        let captured = failed(answer(given)).await;
        let of_span = (code.map(str::to_owned), Some(class.to_owned()), Some(said.to_owned()));
        assert_eq!(error_of(&captured, "SET"), of_span, "{given}");
        let metrics = captured.metrics();
        assert!(
            metrics.contains(&format!("error.type={class}")) && metrics.contains(&format!("db.response.status_code={class}")),
            "{metrics}"
        );
        assert!(!format!("{captured:?}").contains("s3cr3t"), "{captured:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_client_s_has_its_class() {
    for (given, class) in [
        (std::io::Error::from(std::io::ErrorKind::BrokenPipe).into(), "broken_pipe"),
        (std::io::Error::from(std::io::ErrorKind::TimedOut).into(), "timed_out"),
        (RedisError::from((ErrorKind::Client, "too much")), "client"),
        (RedisError::from((ErrorKind::AuthenticationFailed, "who?")), "authentication_failed"),
    ] {
        let captured = failed(Err(given)).await;
        let (code, error_type, _) = error_of(&captured, "SET");
        assert_eq!((code, error_type.as_deref()), (None, Some(class)));
    }
}

#[tokio::test]
async fn a_pipeline_fails_with_the_first_of_its_commands() {
    let values = ["+OK\r\n", "-WRONGTYPE no list\r\n", "-ERR no number\r\n"];
    let values = values.map(|value| parse_redis_value(value.as_bytes()).expect("it is an answer"));
    let mut connection = told([Ok(values.to_vec())]);
    let (result, captured) = capture_async(async {
        let mut commands = pipe();
        commands.set("a", 1).ignore().llen("a").incr("b", 1).ignore_errors();
        commands.query_async::<Vec<RedisResult<i64>>>(&mut connection).await
    })
    .await;
    assert!(result.is_ok_and(|answers| answers.len() == 2), "the program has asked for errors");
    let (code, _, said) = error_of(&captured, "PIPELINE");
    assert_eq!((code.as_deref(), said.as_deref()), (Some("WRONGTYPE"), Some("WRONGTYPE no list")));
}

#[tokio::test]
async fn a_transaction_that_did_not_happen_is_no_error() {
    let mut connection = told([answer("*-1\r\n")]);
    let (result, captured) = capture_async(async {
        let mut commands = pipe();
        commands.atomic().incr("a", 1).incr("b", 1);
        commands.query_async::<Option<(i64, i64)>>(&mut connection).await
    })
    .await;
    assert!(result.is_ok_and(|answer| answer.is_none()));
    assert_eq!(error_of(&captured, "MULTI INCRBY"), (None, None, None));
}

#[tokio::test]
async fn what_is_said_once_holds_for_other_connections() {
    let known = told([]).server("redis.example", 6380).without_keys().known();
    let mut connection = known.around(Told([answer("+OK\r\n")].into()));
    let ((), captured) = capture_async(async { connection.set("cart:7", 1).await.expect("it is OK") }).await;
    let span = captured.one("SET");
    for (key, value) in [
        ("db.namespace", "3"),
        ("db.operation.name", "SET"),
        ("db.query.text", "SET ? ?"),
        ("db.system.name", "redis"),
        ("server.address", "redis.example"),
        ("server.port", "6380"),
    ] {
        assert_eq!(span.attribute(key).map(ToString::to_string).as_deref(), Some(value), "{key}");
    }
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_was_cancelled() {
    let mut connection = told([]);
    let ((), captured) = capture_async(async {
        let command = cmd("BLPOP").arg("queue").arg(0).to_owned();
        let waiting = command.query_async::<()>(&mut connection);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), waiting).await.is_err());
    })
    .await;
    assert_eq!(captured.one("BLPOP").attribute("function.outcome").map(ToString::to_string).as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn labels_are_few_whatever_is_called() {
    let ((), captured) = capture_async(async {
        for index in 0..100 {
            let mut connection = told([answer("+OK\r\n")]);
            cmd(&format!("MY.COMMAND{index}")).arg(index).exec_async(&mut connection).await.expect("it is OK");
        }
    })
    .await;
    assert_eq!(captured.count("db.client.operation.duration", &[("db.operation.name", "_OTHER")]), 100);
    assert_eq!(captured.named("MY.COMMAND7").count(), 1, "the name of a span is no label");
}
