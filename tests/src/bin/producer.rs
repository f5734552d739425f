//! A program with telemetry, for the tests of faults: `producer NAME=VALUE…`, with its telemetry set up by the environment.
//!
//! It makes spans at a rate, and compares the accounts of the telemetry with what it made all the time. `end …` is the last line that it prints,
//! with all that is known then. A process that is killed says no more; how many spans it had made is in its file `progress`.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use fork::Fork;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::global::{self, BoxedTracer};
use otel_runtime::opentelemetry::logs::{LogRecord as _, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::Counter;
use otel_runtime::opentelemetry::trace::Tracer;
use otel_runtime::opentelemetry_sdk::logs::SdkLogger;
use otel_runtime::{DropReason, Health, SignalHealth, Telemetry, traced};

/// How often the due spans are made.
const TICK: Duration = Duration::from_millis(2);
/// How often the accounts are looked at.
const SAMPLE: Duration = Duration::from_millis(50);
/// How many spans a child makes of each kind.
const SPANS_OF_A_CHILD: i64 = 100;

#[traced("produce", fields(tests.run = run, tests.sequence = sequence, tests.payload = payload))]
fn produce(run: i64, sequence: i64, payload: &str) {
    let _ = (run, sequence, payload);
}

/// What makes telemetry without annotations.
struct Plain {
    tracer: BoxedTracer,
    logger: SdkLogger,
    counter: Counter<u64>,
}

impl Plain {
    fn of(telemetry: &Telemetry) -> Self {
        Self {
            tracer: global::tracer("plain"),
            logger: telemetry.logger_provider().expect("logs are exported").logger("plain"),
            counter: global::meter("plain").u64_counter("produced").build(),
        }
    }

    /// The spans are of the run that follows.
    fn produce(&self, run: i64, sequence: i64) {
        let attributes = |run| [KeyValue::new("tests.run", run), KeyValue::new("tests.sequence", sequence)];
        let span = self.tracer.span_builder("plain").with_attributes(attributes(run + 1)).start(&self.tracer);
        drop(span);
        let mut record = self.logger.create_log_record();
        record.add_attribute("tests.run", run);
        record.add_attribute("tests.sequence", sequence);
        self.logger.emit(record);
        self.counter.add(1, &[]);
    }
}

/// What was asked for.
struct Order {
    /// Stands in each span, with the span's number.
    run: i64,
    /// Spans in a second; 0 is as many as can be made.
    rate: i64,
    milliseconds: u64,
    /// The length of an attribute of each span.
    payload: usize,
    /// For how long to wait, after the last span, until nothing waits any more.
    drain: u64,
    /// How many milliseconds to wait before that.
    settle: u64,
    /// How many milliseconds the shutdown may take.
    shutdown: u64,
    progress: String,
    /// Whether to make spans by the plain SDK, log records and counts too, one for each span.
    signals: bool,
    /// Whether to fork a child first that does nothing, for longer than the process lives.
    orphan: bool,
    /// How many children are forked meanwhile, if there is time for them all.
    forks: u64,
}

impl Order {
    fn read() -> Self {
        Self {
            run: argument("run").unwrap_or(0),
            rate: argument("rate").unwrap_or(1000),
            milliseconds: argument("milliseconds").unwrap_or(0),
            payload: argument("payload").unwrap_or(0),
            drain: argument("drain").unwrap_or(0),
            settle: argument("settle").unwrap_or(0),
            shutdown: argument("shutdown").unwrap_or(5000),
            progress: argument("progress").unwrap_or_default(),
            signals: argument("signals").unwrap_or(false),
            orphan: argument("orphan").unwrap_or(false),
            forks: argument("forks").unwrap_or(0),
        }
    }
}

fn argument<T: FromStr>(name: &str) -> Option<T> {
    // The last one counts.
    let value = env::args().filter_map(|argument| Some(argument.strip_prefix(name)?.strip_prefix('=')?.to_owned())).next_back()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is not understood")))
}

fn main() {
    let order = Order::read();
    let telemetry = otel_runtime::init().expect("telemetry can be set up");
    if order.orphan {
        println!("orphan {}", orphan(&telemetry));
    }
    let base = memory("VmRSS");
    let mut accounts = Accounts { spans_each: 1 + u64::from(order.signals), ..Accounts::default() };
    let began = Instant::now();
    let (produced, forks) = order.produce(&telemetry, &mut accounts);
    let (took, cpu) = (began.elapsed(), cpu_time());
    println!("produced {produced}");
    thread::sleep(Duration::from_millis(order.settle));
    let began = Instant::now();
    while accounts.check(&telemetry, produced).waits() && began.elapsed() < Duration::from_secs(order.drain) {
        // What it says is in the accounts.
        let _ = telemetry.force_flush();
    }
    let (drained, peak, rss) = (began.elapsed(), memory("VmHWM"), memory("VmRSS"));
    let ended = telemetry.shutdown_with_timeout(Duration::from_millis(order.shutdown));
    let Health { traces: health, metrics, logs, .. } = accounts.check(&telemetry, produced).clone();
    let in_all = |count: fn(&SignalHealth) -> u64| [&health, &metrics, &logs].into_iter().map(count).sum::<u64>();
    let (lost, spooled) = ended.as_ref().map_or_else(|error| (error.lost(), error.spooled()), |()| (0, 0));
    let accounted = (in_all(SignalHealth::dropped_in_all), in_all(|health| health.spooled));
    assert_eq!((lost, spooled), accounted, "the error of the shutdown is the account: {ended:?}");
    assert_eq!(
        (in_all(|health| health.queued), in_all(|health| health.in_flight)),
        (0, 0),
        "nothing is under way after the shutdown: {health:?}"
    );
    if let Err(error) = ended {
        println!("error {error}");
    }
    let SignalHealth { accepted, delivered, spooled, .. } = &health;
    print!("end produced={produced} accepted={accepted} delivered={delivered} spooled={spooled}");
    for reason in DropReason::ALL {
        print!(" {reason}={}", health.dropped(reason));
    }
    for (name, health) in [("points", &metrics), ("logs", &logs)] {
        print!(" {name}_accepted={} {name}_delivered={}", health.accepted, health.delivered);
    }
    print!(" dropped_of_others={}", metrics.dropped_in_all() + logs.dropped_in_all());
    let (took, drained) = (took.as_millis(), drained.as_millis());
    println!(" base={base} peak={peak} rss={rss} took={took} drained={drained} cpu={cpu} samples={} forks={forks}", accounts.samples);
}

impl Order {
    /// Makes the spans and forks the children. Returns how many there were.
    fn produce(&self, telemetry: &Telemetry, accounts: &mut Accounts) -> (u64, usize) {
        let payload = "x".repeat(self.payload);
        let plain = self.signals.then(|| Plain::of(telemetry));
        let progress = (!self.progress.is_empty()).then(|| File::create(&self.progress).expect("progress can be written"));
        let (began, length) = (Instant::now(), Duration::from_millis(self.milliseconds));
        let (mut sequence, mut sampled, mut children) = (0, began, Vec::new());
        loop {
            let elapsed = began.elapsed().min(length);
            let due = match self.rate {
                0 => sequence + 500,
                rate => rate * i64::try_from(elapsed.as_millis()).expect("it is short") / 1000,
            };
            for number in sequence..due {
                produce(self.run, number, &payload);
                if let Some(plain) = &plain {
                    plain.produce(self.run, number);
                }
            }
            sequence = due;
            let produced = due.unsigned_abs();
            if let Some(progress) = &progress {
                progress.write_at(&due.to_le_bytes(), 0).expect("progress can be written");
            }
            if sampled.elapsed() >= SAMPLE {
                sampled = Instant::now();
                accounts.check(telemetry, produced);
            }
            if elapsed.as_micros() * u128::from(self.forks) > length.as_micros() * children.len() as u128 {
                children.push(fork(telemetry, self.run + 1 + i64::try_from(children.len()).expect("they are few")));
            }
            if elapsed == length {
                let forks = children.len();
                children.into_iter().for_each(wait_for);
                return (produced, forks);
            }
            if self.rate > 0 {
                thread::sleep(TICK);
            }
        }
    }
}

/// Forks a child that makes spans with its parent's telemetry, which go nowhere, and with its own.
fn fork(telemetry: &Telemetry, run: i64) -> i32 {
    match fork::fork().expect("this process can be forked") {
        Fork::Parent(child) => child,
        Fork::Child => {
            // A net under a child that hangs, which nobody else would end.
            thread::spawn(|| {
                thread::sleep(Duration::from_secs(30));
                process::exit(2);
            });
            for sequence in 0..SPANS_OF_A_CHILD {
                produce(run, sequence, "");
            }
            assert_eq!(telemetry.health().traces, SignalHealth::default(), "the accounts are its parent's");
            drop(telemetry.force_flush());
            drop(telemetry.shutdown());
            // For the whole process, in the place of its parent's.
            let own = otel_runtime::init().expect("a child can set up telemetry of its own");
            for sequence in 0..SPANS_OF_A_CHILD {
                produce(-run, sequence, "");
            }
            assert!(otel_runtime::init().is_err(), "once");
            process::exit(i32::from(own.shutdown().is_err()))
        }
    }
}

/// Forks a child that once asks what its parent's telemetry says, and then lives for a while.
fn orphan(telemetry: &Telemetry) -> i32 {
    match fork::fork().expect("this process can be forked") {
        Fork::Parent(child) => child,
        Fork::Child => {
            assert_eq!(telemetry.health().traces, SignalHealth::default(), "the accounts are its parent's");
            thread::sleep(Duration::from_secs(60));
            process::exit(0)
        }
    }
}

fn wait_for(child: i32) {
    let status = fork::waitpid(child).expect("it was forked here");
    assert_eq!(status, 0, "a child delivers what is its own");
}

/// The accounts as they were seen last.
#[derive(Default)]
struct Accounts {
    last: Health,
    /// How many spans there are for one that is produced.
    spans_each: u64,
    samples: u64,
}

impl Accounts {
    /// Whatever goes on at this moment, they are right.
    fn check(&mut self, telemetry: &Telemetry, produced: u64) -> &Health {
        let now = telemetry.health();
        let (health, produced) = (&now.traces, produced * self.spans_each);
        for (health, last) in [(health, &self.last.traces), (&now.metrics, &self.last.metrics), (&now.logs, &self.last.logs)] {
            let found = health.delivered + health.queued + health.spooled + health.dropped_in_all();
            assert_eq!(health.accepted, found, "what was accepted is what became of it: {health:?}");
            let rises =
                health.accepted >= last.accepted && health.delivered >= last.delivered && health.dropped_in_all() >= last.dropped_in_all();
            assert!(rises, "nothing that happened is taken back: {last:?}, then {health:?}");
        }
        // With a spool, it may have something of an earlier run.
        if env::var_os("OTEL_RUST_SPOOL_DIR").is_none() {
            assert_eq!(health.accepted, produced, "what was made is what was accepted: {health:?}");
        }
        assert!(health.accepted >= produced, "{produced} were made: {health:?}");
        self.samples += 1;
        self.last = now;
        &self.last
    }
}

/// What is said to wait.
trait Waits {
    fn waits(&self) -> bool;
}

impl Waits for Health {
    fn waits(&self) -> bool {
        [&self.traces, &self.metrics, &self.logs].into_iter().any(|health| health.queued + health.spooled > 0)
    }
}

/// A line of the system's account of this process, in KiB.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("there is one");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it has this line");
    line.trim_matches(|character: char| !character.is_ascii_digit()).parse().expect("it is a number")
}

/// In ticks of the system, which are milliseconds times ten.
fn cpu_time() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("there is one");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let fields = fields.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().expect("it is a number")).sum()
}
