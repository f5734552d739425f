//! A program that hears everything, and then does nothing: `chatty <seconds> layer|install|print`, with its telemetry set up by the environment.
//!
//! Both bridges are on, at the lowest level, that for `tracing` as a layer or by itself; with `print`, all that is heard goes to stderr too. It records one of everything, delivers that, and says `idle`; so many seconds later, how often its own
//! threads of telemetry have spoken meanwhile and before, and how many hundredths of a second it has spent on the processor meanwhile.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use otel_runtime::opentelemetry::global;
use otel_runtime::{counted, timed, traced};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

static HEARD: AtomicU64 = AtomicU64::new(0);

/// Hears what the threads of the telemetry say, which is not to be exported.
struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        if thread::current().name().is_some_and(|name| name.starts_with("otel-") || name.starts_with("OpenTelemetry")) {
            HEARD.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[traced]
#[counted]
#[timed]
fn work() {
    let _entered = tracing::trace_span!("query").entered();
    tracing::trace!("from tracing");
    log::trace!("from log");
}

/// What this process has spent on the processor (`man 5 proc`, `/proc/pid/stat`, utime and stime).
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).ok_or("for how many seconds?")?.parse()?;
    let telemetry = otel_runtime::init()?;
    // What the SDK says of what the program itself asks it for, is the program's own: here, nobody hears it yet.
    let worked = global::meter("chatty").u64_counter("worked").build();
    let how = std::env::args().nth(2).unwrap_or_default();
    if how == "install" {
        telemetry.install_tracing(LevelFilter::TRACE)?;
    } else {
        let printed = (how == "print").then(|| tracing_subscriber::fmt::layer().with_writer(std::io::stderr));
        tracing_subscriber::registry().with(LevelFilter::TRACE).with(telemetry.tracing_layer()).with(Ear).with(printed).try_init()?;
    }
    if let Err(error) = telemetry.install_tracing(LevelFilter::OFF) {
        println!("{error}");
    }
    telemetry.install_log(log::LevelFilter::Trace)?;
    work();
    worked.add(1, &[]);
    let flushed = telemetry.force_flush();
    if how != "print" {
        flushed?;
    }
    println!("idle");
    let before = ticks();
    thread::sleep(Duration::from_secs(seconds));
    println!("heard {} spent {}", HEARD.load(Ordering::Relaxed), ticks() - before);
    telemetry.shutdown()?;
    Ok(())
}
