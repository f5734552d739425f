//! Environments that nobody wants: a thousand draws of every variable with hostile values. Whatever is in there, nothing panics, nothing spins, and
//! nothing is lost in silence.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::setup::{ValueKind, Variable, variables};
use otel_runtime::{Builder, SignalHealth, Telemetry, builder, traced};
use tests::chance::Numbers;
use tests::process::ticks;
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

/// Records one thing for each signal.
fn record(telemetry: &Telemetry) {
    let attached = telemetry.context().attach();
    work();
    drop(attached);
    if let Some(meters) = telemetry.meter_provider() {
        meters.meter("environments").u64_counter("environments.cups").build().add(1, &[]);
    }
    if let Some(loggers) = telemetry.logger_provider() {
        let logger = loggers.logger("environments");
        let mut record = logger.create_log_record();
        record.set_body(LOG.into());
        logger.emit(record);
    }
}

const LOG: &str = "brewed";

/// What came of one signal.
struct Signal {
    name: &'static str,
    arrived: bool,
    /// Why it need not arrive, by what holds.
    explained: bool,
    /// What is not delivered is in the accounts, and the end said that something is not.
    said: bool,
}

/// What came of an environment.
enum Came {
    /// Telemetry was set up, and of each signal what was recorded arrived or did not.
    SetUp([bool; 3]),
    /// It was refused.
    Refused,
}

/// Telemetry with an environment that sends to this receiver unless the environment says otherwise.
fn configured(environment: &HashMap<&'static str, OsString>, receiver: &Receiver) -> Builder {
    let environment = environment.clone();
    builder()
        .environment(move |variable| environment.get(variable).cloned())
        .fallback("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http_endpoint())
        .console(Printed::default())
}

/// What came of an environment, or what is not as it should be.
fn judge(environment: &HashMap<&'static str, OsString>) -> Result<Came, String> {
    let (receiver, said) = (Receiver::start(), Said::default());
    let variables = configured(environment, &receiver).variables();
    let telemetry = match said.listen(configured(environment, &receiver)).build() {
        Ok(telemetry) => telemetry,
        Err(error) if error.to_string().len() > 10 => return Ok(Came::Refused),
        Err(error) => return Err(format!("an error that says nothing: {error}")),
    };
    record(&telemetry);
    let ended = telemetry.shutdown_with_timeout(Duration::from_millis(300));
    let health = telemetry.health();
    let holds = |name: &str| variables.iter().find(|variable| variable.name() == name).map(Variable::value).unwrap_or_default();
    let is_sent = |exporters: &str| holds(exporters).split(',').any(|exporter| exporter == "otlp");
    let is_off = holds("OTEL_SDK_DISABLED") == "true";
    let said_of = |account: &SignalHealth| ended.is_err() && account.delivered < account.accepted;
    let signals = [
        Signal {
            name: "span",
            arrived: receiver.spans().iter().any(|span| span.name() == "environments.work"),
            explained: is_off
                || !is_sent("OTEL_TRACES_EXPORTER")
                || !holds("OTEL_TRACES_SAMPLER").ends_with("always_on")
                || !holds("OTEL_RUST_FILTER").is_empty(),
            said: said_of(&health.traces),
        },
        Signal {
            name: "metric",
            arrived: receiver.metrics().iter().any(|metric| metric.name() == "environments.cups"),
            explained: is_off || !is_sent("OTEL_METRICS_EXPORTER"),
            said: said_of(&health.metrics),
        },
        Signal {
            name: "log record",
            arrived: receiver.logs().iter().any(|log| log.body() == Some(&Value::StringValue(LOG.to_owned()))),
            explained: is_off || !is_sent("OTEL_LOGS_EXPORTER"),
            said: said_of(&health.logs),
        },
    ];
    match signals.iter().find(|signal| !(signal.arrived || signal.explained || signal.said)) {
        None => Ok(Came::SetUp(signals.map(|signal| signal.arrived))),
        Some(Signal { name, .. }) => Err(format!("the {name} vanished: {ended:?}, {health:?}; it was said: {:#?}", said.lines())),
    }
}

/// Counts the panics of each thread of the process from here on.
fn count_panics() -> Arc<Mutex<BTreeMap<String, usize>>> {
    let panics = Arc::<Mutex<BTreeMap<String, usize>>>::default();
    let (counted, before) = (Arc::clone(&panics), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        let thread = thread::current().name().unwrap_or("without a name").to_owned();
        *counted.lock().unwrap_or_else(PoisonError::into_inner).entry(thread).or_default() += 1;
        before(panic);
    }));
    panics
}

/// Whether a variable asks for something to be done many times in a second, which is no idling.
fn is_often(variable: &Variable, value: &OsStr) -> bool {
    let number = value.to_str().and_then(|value| value.trim().parse::<u64>().ok());
    variable.kind() == ValueKind::Duration && number.is_some_and(|number| (1..1000).contains(&number))
}

/// Telemetries of many environments idle together for a second, of which none spins.
fn idle_together(variables: &[Variable]) {
    let receiver = Receiver::start();
    let idle = |draw: u64| {
        let mut environment = Draws(Numbers(draw)).environment(variables);
        for variable in variables {
            if environment.get(variable.name()).is_some_and(|value| is_often(variable, value)) {
                environment.remove(variable.name());
            }
        }
        Said::default().listen(configured(&environment, &receiver)).build().ok()
    };
    let all: Vec<_> = (0..DRAWS).filter_map(idle).take(32).collect();
    assert_eq!(all.len(), 32, "so many can be set up");
    let before = ticks();
    thread::sleep(Duration::from_secs(1));
    let spent = ticks() - before;
    assert!(spent <= 20, "{spent} hundredths of a second on the processor in one of doing nothing");
    for telemetry in &all {
        // What cannot be delivered is not what this is about.
        let _ = telemetry.shutdown_with_timeout(Duration::from_millis(1));
    }
}

#[test]
fn a_thousand_environments_panic_nowhere_and_lose_nothing_in_silence() {
    let panics = count_panics();
    let variables = variables();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let (set_up, arrived) = (AtomicUsize::new(0), [const { AtomicUsize::new(0) }; 3]);
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
                        Ok(Came::SetUp(signals)) => {
                            set_up.fetch_add(1, Ordering::Relaxed);
                            for (arrived, has_arrived) in arrived.iter().zip(signals) {
                                arrived.fetch_add(usize::from(has_arrived), Ordering::Relaxed);
                            }
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
    let (set_up, arrived) = (set_up.into_inner(), arrived.map(AtomicUsize::into_inner));
    assert!(
        set_up >= 400 && arrived.iter().all(|arrived| *arrived >= 200),
        "{set_up} of {DRAWS} were set up, and of {arrived:?} it arrived"
    );
    if cfg!(target_os = "linux") {
        idle_together(&variables);
    }
    let panics = panics.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(panics, BTreeMap::new(), "no thread of ours, and none of the runtime's, panics");
}
