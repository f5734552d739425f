//! Environments that nobody wants: a thousand draws of every variable with hostile values. Whatever is in there, nothing panics, nothing spins, and
//! nothing is lost in silence.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use otel_runtime::setup::{ValueKind, Variable, variables};
use otel_runtime::{Builder, builder, traced};
use tests::chance::Numbers;
use tests::receiver::Receiver;
use tests::telemetry::{Printed, Said};

const DRAWS: u64 = 1000;

/// Of any kind.
const VALUES: &[&str] = &[
    "",
    " ",
    "\t",
    ",",
    ",,,",
    "=",
    "a=b",
    "a=b,a=c",
    "=b",
    "a",
    "%",
    "%zz",
    "%00",
    "%ff",
    "a=%0d%0a",
    "true",
    "TRUE ",
    "false",
    "yes",
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "7",
    "0.5",
    "1.5",
    "4096",
    "65535",
    "65536",
    "2147483648",
    "18446744073709551615",
    "99999999999999999999",
    "NaN",
    "inf",
    "1e309",
    "0x10",
    "5s",
    "none",
    "none,none",
    "none,otlp",
    "otlp",
    "OTLP",
    "otlp,console",
    "console",
    "zipkin",
    "prometheus",
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_traceidratio",
    "grpc",
    "http/json",
    "http/protobuf",
    "gzip",
    "zstd",
    "delta",
    "tracecontext",
    "b3,jaeger",
    "http://",
    "http://127.0.0.1:1",
    "https://127.0.0.1:1",
    "http://127.0.0.1:1/%20?a=b#c",
    "http://user:pass@127.0.0.1:1",
    "127.0.0.1:1",
    "file:///etc/passwd",
    "\u{1f980}",
    "\u{0}",
    "off",
    "on",
    "environments=off",
    "environments=0.0",
    "environments=2",
    "::",
    "*",
    "base2_exponential_bucket_histogram",
    "debug",
];

/// Of a path: nothing that could be made into a file.
const PATHS: &[&str] = &["", "/dev/null", "/dev/null/below", "/proc/self/nothing", "/"];

/// What can be used, by the kind of the variable; half of all values are of these.
fn usable(kind: ValueKind) -> &'static [&'static str] {
    match kind {
        ValueKind::Enum => &[
            "always_on",
            "parentbased_traceidratio",
            "rate_limited",
            "grpc",
            "http/json",
            "gzip",
            "zstd",
            "delta",
            "lowmemory",
            "debug",
            "none",
            "base2_exponential_bucket_histogram",
        ],
        ValueKind::EnumList => &["otlp", "console", "otlp,console", "none", "prometheus", "zipkin", "tracecontext,b3,b3multi,jaeger"],
        ValueKind::Url => &["http://127.0.0.1:1", "https://127.0.0.1:1", "127.0.0.1:1"],
        ValueKind::Boolean => &["true", "false"],
        ValueKind::Float => &["0", "0.5", "1", "1e-300"],
        _ => &["0", "1", "2", "7", "65536", "a=b", "off", "environments=0.0"],
    }
}

/// What is drawn, the same on every run.
struct Draws(Numbers);

impl Draws {
    fn next(&mut self, below: usize) -> usize {
        usize::try_from(self.0.below(below as u64)).expect("less than a usize")
    }

    /// A value for a third of the variables.
    fn environment(&mut self, variables: &[Variable]) -> HashMap<&'static str, OsString> {
        let mut environment = HashMap::new();
        for variable in variables {
            if self.next(3) == 0 {
                environment.insert(variable.name(), self.value(variable));
            }
        }
        // These say at once that there is nothing to look at.
        for variable in ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE", "OTEL_SDK_DISABLED"] {
            if self.next(10) > 0 {
                environment.remove(variable);
            }
        }
        environment
    }

    fn value(&mut self, variable: &Variable) -> OsString {
        match (variable.kind(), self.next(20)) {
            (ValueKind::Path, _) => PATHS[self.next(PATHS.len())].into(),
            (_, 0) => "x".repeat(100_000).into(),
            #[cfg(unix)]
            (_, 1) => std::os::unix::ffi::OsStringExt::from_vec(vec![b'a', 0xff]),
            (kind, 2..11) => usable(kind)[self.next(usable(kind).len())].into(),
            _ => VALUES[self.next(VALUES.len())].into(),
        }
    }
}

#[traced("environments.work", fields(text = "tea"))]
fn work() {}

/// Why a span need not arrive, by what holds.
fn explained(variables: &[Variable]) -> bool {
    let holds = |name: &str| variables.iter().find(|variable| variable.name() == name).map(Variable::value).unwrap_or_default();
    let exporters = holds("OTEL_TRACES_EXPORTER");
    holds("OTEL_SDK_DISABLED") == "true"
        || !exporters.split(',').any(|exporter| exporter == "otlp")
        || !holds("OTEL_TRACES_SAMPLER").ends_with("always_on")
        || !holds("OTEL_RUST_FILTER").is_empty()
}

/// What came of an environment.
enum Came {
    /// Telemetry was set up, and the span arrived or did not.
    SetUp { arrived: bool },
    /// It was refused.
    Refused,
}

/// What came of an environment, or what is not as it should be.
fn judge(environment: &HashMap<&'static str, OsString>) -> Result<Came, String> {
    let (receiver, said) = (Receiver::start(), Said::default());
    let configured = || -> Builder {
        let environment = environment.clone();
        builder()
            .environment(move |variable| environment.get(variable).cloned())
            .fallback("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
            .console(Printed::default())
    };
    let holds = configured().variables();
    let telemetry = match said.listen(configured()).build() {
        Ok(telemetry) => telemetry,
        Err(error) if error.to_string().len() > 10 => return Ok(Came::Refused),
        Err(error) => return Err(format!("an error that says nothing: {error}")),
    };
    let attached = telemetry.context().attach();
    work();
    drop(attached);
    let ended = telemetry.shutdown_with_timeout(Duration::from_millis(300));
    let arrived = receiver.spans().iter().any(|span| span.name() == "environments.work");
    if arrived || ended.is_err() || explained(&holds) {
        Ok(Came::SetUp { arrived })
    } else {
        Err(format!("the span vanished; it was said: {:#?}", said.lines()))
    }
}

#[test]
fn a_thousand_environments_panic_nowhere_and_lose_nothing_in_silence() {
    let variables = variables();
    let (next, failures) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    let (set_up, arrived) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let draw = next.fetch_add(1, Ordering::Relaxed) as u64;
                    if draw >= DRAWS {
                        break;
                    }
                    let environment = Draws(Numbers(draw)).environment(&variables);
                    match judge(&environment) {
                        Ok(Came::SetUp { arrived: has_arrived }) => {
                            set_up.fetch_add(1, Ordering::Relaxed);
                            arrived.fetch_add(usize::from(has_arrived), Ordering::Relaxed);
                        }
                        Ok(Came::Refused) => {}
                        Err(problem) => {
                            let problem = format!("draw {draw}: {problem}\n{environment:?}");
                            failures.lock().expect("no thread panics here").push(problem);
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics here");
    assert!(failures.is_empty(), "{} of {DRAWS}:\n{}", failures.len(), failures.first().map_or("", String::as_str));
    // Of draws that were all refused, or went nowhere, nothing would be shown.
    let (set_up, arrived) = (set_up.into_inner(), arrived.into_inner());
    assert!(set_up >= 400 && arrived >= 200, "{set_up} of {DRAWS} were set up, and of {arrived} the span arrived");
}
