//! No value of any variable makes an idle program spin. Alone in its process, whose time on the processor it reads.

#![cfg(target_os = "linux")]

use std::thread;
use std::time::Duration;

use otel_runtime::builder;
use otel_runtime::setup::{ValueKind, variables};
use tests::process::ticks;
use tests::receiver::Receiver;
use tests::telemetry::{Printed, Said};

#[test]
fn an_idle_program_sleeps_whatever_the_variables_say() {
    let receiver = Receiver::start();
    let numbers = [ValueKind::Integer, ValueKind::Float, ValueKind::Duration, ValueKind::Timeout];
    let variables: Vec<_> =
        variables().iter().filter(|variable| numbers.contains(&variable.kind())).map(otel_runtime::setup::Variable::name).collect();
    let all: Vec<_> = ["0", "-1", "99999999999999999999", "NaN"]
        .into_iter()
        .map(|value| {
            let variables = variables.clone();
            let environment = move |wanted: &str| variables.contains(&wanted).then(|| value.into());
            let builder = builder().environment(environment).fallback("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint());
            Said::default().listen(builder).console(Printed::default()).build().expect("telemetry can be set up")
        })
        .collect();
    let before = ticks();
    thread::sleep(Duration::from_secs(1));
    let spent = ticks() - before;
    assert!(spent <= 20, "{spent} hundredths of a second on the processor in one of doing nothing");
    drop(all);
}
