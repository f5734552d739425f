//! A forked child sets up telemetry of its own for the whole process, though its parent had done so before.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tests::process::Child;
use tests::receiver::Receiver;

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn parent_and_children_deliver_each_their_own() {
    let receiver = Receiver::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_producer"));
    command.args(["run=1000", "rate=200", "milliseconds=500", "forks=3", "drain=30"]);
    command.env_clear().envs([("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint());
    // It compares all accounts, and ends with an error if a child does.
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}{}", output.stdout, output.stderr);
    let spans = receiver.spans();
    let of_runs = |wanted: fn(i64) -> bool| {
        spans.iter().filter(|span| matches!(span.attribute("tests.run"), Some(Value::IntValue(run)) if wanted(*run))).count()
    };
    assert_eq!((of_runs(|run| run == 1000), of_runs(|run| run < 0), of_runs(|run| run > 1000)), (100, 300, 0));
    // Each is an instance of its own, and stays it.
    let instances: BTreeSet<String> = spans
        .iter()
        .map(|span| {
            let [instance, process] = ["service.instance.id", "process.pid"].map(|key| span.resource_attribute(key));
            assert!(instance.is_some() && process.is_some(), "{:?}", span.resource);
            format!("{instance:?} {process:?}")
        })
        .collect();
    let ids: BTreeSet<&str> = instances.iter().filter_map(|instance| instance.split(' ').next()).collect();
    assert_eq!((instances.len(), ids.len()), (4, 4), "{instances:#?}");
}
