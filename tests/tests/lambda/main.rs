//! A function that AWS Lambda runs, with the real `lambda_runtime`, a process of its own and a host that may freeze it.

mod host;

use std::process::Command;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tests::conventions::Report;
use tests::process::Child;
use tests::receiver::{Behaviour, Received, Receiver};

use self::host::{ARN, Answer, Event, Host};

const LONG: Duration = Duration::from_secs(60);

/// Starts the function, with telemetry that goes to this endpoint.
fn start(host: &Host, endpoint: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_function"));
    command.env_clear().envs([
        ("AWS_LAMBDA_RUNTIME_API", host.address().as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "checkout"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2021/06/28/[7]2f399eb1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/checkout"),
        ("AWS_REGION", "eu-north-1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_PROPAGATORS", "tracecontext,xray"),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ]);
    Child::spawn(command)
}

#[allow(clippy::unnecessary_wraps, reason = "as it is found")]
fn text(value: &str) -> Option<Value> {
    Some(Value::StringValue(value.to_owned()))
}

/// The spans of invocations.
fn invocations(spans: &[Received]) -> Vec<&Received> {
    spans.iter().filter(|span| span.kind() == SpanKind::Server).collect()
}

#[test]
fn what_an_invocation_recorded_has_arrived_when_it_answers() {
    let receiver = Receiver::start();
    let host = Host::start();
    let _function = start(&host, &receiver.http_endpoint());
    for (number, sent) in ["tea", "fail", "burn", "cup"].into_iter().enumerate() {
        let id = format!("request-{number}");
        // Asked when the answer comes, before the host lets the function go on.
        let (answer, spans) = host.invoke(&Event::new(&id, sent), || receiver.spans());
        let is_error = matches!(sent, "fail" | "burn");
        assert_eq!(answer, if is_error { Answer::Error } else { Answer::Response(format!("\"{sent}\"")) });
        assert_eq!(spans.len(), 2 * (number + 1), "the invocation and what it did");
        let span = *invocations(&spans).last().expect("it is there");
        assert_eq!(span.attribute("faas.invocation_id").cloned(), text(&id));
        assert_eq!(span.attribute("faas.coldstart"), Some(&Value::BoolValue(number == 0)));
        assert_eq!(span.attribute("faas.trigger").cloned(), text("http"));
        assert_eq!(span.attribute("aws.lambda.invoked_arn").cloned(), text(ARN));
        assert_eq!(span.attribute("cloud.resource_id").cloned(), text(&ARN.replace(":live", ":7")));
        assert_eq!(span.attribute("cloud.account.id").cloned(), text("123456789012"));
        assert_eq!(span.name(), "checkout");
        assert_eq!(span.status_code() == StatusCode::Error, is_error);
        assert_eq!(span.attribute("error.type") == text("panic").as_ref(), sent == "burn");
        // What Lambda says in the format of X-Ray.
        assert_eq!(span.trace_id_hex(), format!("5759e988bd862e3fe1be46a99427279{number}"));
        assert_eq!(span.parent_span_id_hex().as_deref(), Some("53995c3f42cd8ad8"));
        let work = spans.iter().find(|work| work.parent_span_id_hex() == Some(span.span_id_hex())).expect("it is there");
        assert_eq!(work.name(), "work");
    }
    let report = Report::of(&receiver);
    assert_eq!(report.problems, [""; 0]);
    assert_eq!((report.seen["function of a host's"], report.without), (4, [].into()));
    let spans = receiver.spans();
    let of_resource = |key: &str| spans[0].resource_attribute(key).cloned();
    assert_eq!(of_resource("faas.name"), text("checkout"));
    assert_eq!(of_resource("cloud.region"), text("eu-north-1"));
    assert_eq!(of_resource("faas.max_memory"), Some(Value::IntValue(128 << 20)));
    let sums = |name: &str| {
        let points = receiver.metrics().into_iter().filter(|metric| metric.data.name == name);
        points.map(|metric| metric.data.data.expect("it has points")).collect::<Vec<_>>()
    };
    let Some(Data::Histogram(durations)) = sums("faas.invoke_duration").pop() else { panic!("they are measured") };
    assert_eq!(durations.data_points.iter().map(|point| point.count).sum::<u64>(), 4);
    assert!(matches!(sums("faas.coldstarts").pop(), Some(Data::Sum(sum)) if sum.data_points.len() == 1));
}

#[cfg(unix)]
#[test]
fn a_process_that_is_frozen_between_invocations_loses_nothing() {
    let receiver = Receiver::start();
    let host = Host::start();
    let function = start(&host, &receiver.http_endpoint());
    let signal = |name: &str| {
        let mut kill = Command::new("kill");
        kill.args([name, &function.id().to_string()]);
        assert!(Child::spawn(kill).wait_with_timeout(LONG).status.success());
    };
    for number in 0..5 {
        let (answer, arrived) = host.invoke(&Event::new(&number.to_string(), "tea"), || {
            signal("-STOP");
            receiver.spans().len()
        });
        assert_eq!((answer, arrived), (Answer::Response("\"tea\"".to_owned()), 2 * (number + 1)));
        signal("-CONT");
    }
}

#[test]
fn a_backend_that_does_not_answer_costs_no_invocation_and_gets_all_when_it_does() {
    let receiver = Receiver::start();
    receiver.respond_with(Behaviour::Hang);
    let host = Host::start();
    let _function = start(&host, &receiver.http_endpoint());
    for number in 0..3 {
        let (answer, ()) = host.invoke(&Event::new(&number.to_string(), "tea"), || ());
        assert_eq!(answer, Answer::Response("\"tea\"".to_owned()));
    }
    assert!(receiver.spans().is_empty(), "nothing was taken");
    let port = receiver.http_port();
    drop(receiver);
    let receiver = Receiver::builder().http_port(port).start();
    let deadline = Instant::now() + LONG;
    let mut sent = 3;
    let ids = |spans: &[Received]| {
        let ids = invocations(spans).into_iter().map(|span| span.attribute("faas.invocation_id").cloned());
        ids.collect::<Vec<_>>()
    };
    loop {
        let (_, spans) = host.invoke(&Event::new(&sent.to_string(), "tea"), || receiver.spans());
        sent += 1;
        if ids(&spans).len() == sent {
            assert!((0..sent).all(|number| ids(&spans).contains(&text(&number.to_string()))));
            break;
        }
        assert!(Instant::now() < deadline, "{} of {sent} have arrived", ids(&spans).len());
    }
}
