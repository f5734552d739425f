//! Nothing goes wrong, and nothing happens at all, for a minute. What a program spends is measured by itself, and so this takes no turn.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::metrics::v1::Metric;
use tests::chatty::{self, Chatty};
use tests::receiver::{Protocol, Received, Receiver, Request, Signal};

use crate::together;

/// Of a minute, in hundredths of a second: 2 % of a core.
const BUDGET: u64 = 120;

/// What the program itself has measured, before it began to idle.
const OF_ITS_OWN: [&str; 3] = ["function.calls", "function.duration", "worked"];

#[derive(Clone, Copy, Debug)]
struct Case {
    protocol: Protocol,
    bridges: &'static str,
    /// How many exports there may be at most: of metrics, as often as the interval says, and at the end.
    exports: usize,
    environment: &'static [(&'static str, &'static str)],
}

#[test]
#[ignore = "takes a minute"]
fn an_idle_minute() {
    const OFTEN: &[(&str, &str)] = &[("OTEL_METRIC_EXPORT_INTERVAL", "1000")];
    let of = |protocol, bridges| Case { protocol, bridges, exports: 2, environment: &[] };
    together(
        [
            of(Protocol::Http, "layer"),
            of(Protocol::Grpc, "layer"),
            of(Protocol::Http, "install"),
            of(Protocol::Grpc, "install"),
            Case { exports: 61, environment: OFTEN, ..of(Protocol::Http, "layer") },
            Case { exports: 61, environment: OFTEN, ..of(Protocol::Grpc, "layer") },
        ],
        idle,
    );
}

fn idle(case: Case) {
    let Case { protocol, bridges, exports, environment } = case;
    let receiver = Receiver::start();
    let mut before = 0;
    let arguments = ["60", bridges];
    let Chatty { heard, spent } =
        chatty::run(env!("CARGO_BIN_EXE_chatty"), &receiver, protocol, arguments, environment, || before = receiver.requests().len());
    // Only a layer has an ear.
    assert_eq!(heard > 0, bridges == "layer", "{case:?}: {heard} times there was something to hear");
    let since: Vec<Signal> = receiver.requests()[before..].iter().map(Request::signal).collect();
    assert!(since.iter().all(|signal| *signal == Signal::Metrics), "{case:?}: {since:?} {}", chatty::records(&receiver));
    assert!((1..=exports).contains(&since.len()), "{case:?}: {} exports", since.len());
    assert_eq!((receiver.spans().len(), receiver.logs().len()), (2, 2), "{case:?}: {}", chatty::records(&receiver));
    let metrics = receiver.metrics();
    assert_eq!(metrics.iter().map(Received::<Metric>::name).collect::<BTreeSet<_>>(), OF_ITS_OWN.into(), "{case:?}");
    println!("idle for a minute, {protocol:?}, {bridges}, {environment:?}: {spent} hundredths of a second on the processor");
    assert!(spent <= BUDGET, "{case:?}: {spent} hundredths of a second on the processor in a minute of doing nothing");
}
