//! Metrics about the process, and about runtimes of tokio: that they are what the process does.

#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_semantic_conventions::metric as names;
use tests::points::{Kind, Point, points};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Watched, to};

/// What one test does, the others would see.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn telemetry(receiver: &Receiver) -> Watched {
    let builder = to(receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "otlp");
    builder.build().expect("telemetry can be set up")
}

/// The values now, by metric and attributes.
fn now(receiver: &Receiver, telemetry: &Watched) -> BTreeMap<String, f64> {
    telemetry.force_flush().expect("the receiver takes everything");
    points(&receiver.metrics()).into_iter().map(|point| (format!("{}{{{}}}", point.metric, point.labels()), point.value)).collect()
}

/// How long the process has computed, in hundredths of a second.
fn user_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("it can be read");
    let fields = stat.rsplit_once(") ").expect("the name is in parentheses").1;
    fields.split(' ').nth(11).expect("it is there").parse().expect("it is a number")
}

/// The conventions' table: metric, unit, instrument, and the attribute with its values.
const TABLE: &[(&str, &str, Kind, &[&str])] = &[
    (names::PROCESS_CPU_TIME, "s", Kind::Counter, &["cpu.mode=system", "cpu.mode=user"]),
    (names::PROCESS_CPU_UTILIZATION, "1", Kind::Gauge, &["cpu.mode=system", "cpu.mode=user"]),
    (names::PROCESS_MEMORY_USAGE, "By", Kind::UpDownCounter, &[""]),
    (names::PROCESS_MEMORY_VIRTUAL, "By", Kind::UpDownCounter, &[""]),
    (names::PROCESS_DISK_IO, "By", Kind::Counter, &["disk.io.direction=read", "disk.io.direction=write"]),
    (names::PROCESS_THREAD_COUNT, "{thread}", Kind::UpDownCounter, &[""]),
    (names::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, "{file_descriptor}", Kind::UpDownCounter, &[""]),
    (
        names::PROCESS_CONTEXT_SWITCHES,
        "{context_switch}",
        Kind::Counter,
        &["process.context_switch.type=involuntary", "process.context_switch.type=voluntary"],
    ),
    (names::PROCESS_PAGING_FAULTS, "{fault}", Kind::Counter, &["system.paging.fault.type=major", "system.paging.fault.type=minor"]),
    (names::PROCESS_UPTIME, "s", Kind::Gauge, &[""]),
];

#[test]
fn they_are_those_of_the_conventions() {
    let _alone = alone();
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    telemetry.observe_process();
    telemetry.force_flush().expect("the receiver takes everything");
    // Utilization is of the time between two measurements.
    thread::sleep(Duration::from_millis(150));
    telemetry.shutdown().expect("the receiver takes everything");
    let points = points(&receiver.metrics());
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for point in &points {
        found.entry(&point.metric).or_default().insert(point.labels());
    }
    let expected = TABLE.iter().map(|(name, .., labels)| (*name, labels.iter().map(ToString::to_string).collect()));
    assert_eq!(found, expected.collect());
    for (name, unit, kind, _) in TABLE {
        for point in points.iter().filter(|point| point.metric == *name) {
            let Point { unit: its_unit, kind: its_kind, scope, description, .. } = point;
            assert_eq!((its_unit.as_str(), *its_kind, scope.as_str()), (*unit, *kind, "otel-runtime"), "{name}");
            assert!(!description.is_empty(), "{name}");
        }
    }
}

#[test]
fn they_show_what_the_process_does() {
    const MIB: f64 = 1024.0 * 1024.0;
    let _alone = alone();
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    telemetry.observe_process();
    let before = now(&receiver, &telemetry);

    let memory = vec![7_u8; 64 << 20];
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process");
    let files: Vec<_> = (0..50).map(|_| File::create(&path).expect("a file can be made")).collect();
    (&files[0]).write_all(&memory[..8 << 20]).and_then(|()| files[0].sync_all()).expect("it can be written");
    let idle = user_ticks();
    while user_ticks() < idle + 25 {
        std::hint::black_box((0..100_000_u64).fold(0, u64::wrapping_add));
    }
    let (there, end) = (Barrier::new(11), Barrier::new(11));
    let during = thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                there.wait();
                end.wait();
            });
        }
        there.wait();
        let during = now(&receiver, &telemetry);
        end.wait();
        during
    });
    let more = |metric: &str| during[metric] - before[metric];
    assert!(more("process.memory.usage{}") > 60.0 * MIB, "{during:?}");
    assert!(more("process.memory.virtual{}") > 60.0 * MIB, "{during:?}");
    assert!((45.0..65.0).contains(&more("process.unix.file_descriptor.count{}")), "{before:?} {during:?}");
    assert!((8.0..16.0).contains(&more("process.thread.count{}")), "{before:?} {during:?}");
    assert!(more("process.cpu.time{cpu.mode=user}") > 0.2, "{before:?} {during:?}");
    assert!(during["process.cpu.utilization{cpu.mode=user}"] > 0.0, "{during:?}");
    assert!(more("process.paging.faults{system.paging.fault.type=minor}") > 1000.0, "64 MiB are so many pages: {during:?}");
    assert!(more("process.context_switches{process.context_switch.type=voluntary}") > 0.0, "threads wait: {during:?}");
    assert!(more("process.uptime{}") > 0.0, "{before:?} {during:?}");
    assert!(more("process.disk.io{disk.io.direction=write}") >= 0.0, "a disk in memory has none: {during:?}");

    drop((memory, files));
    std::fs::remove_file(path).expect("it is there");
    let after = now(&receiver, &telemetry);
    let less = |metric: &str| during[metric] - after[metric];
    assert!(less("process.memory.usage{}") > 60.0 * MIB, "{after:?}");
    assert!((45.0..65.0).contains(&less("process.unix.file_descriptor.count{}")), "{after:?}");
    assert!((8.0..16.0).contains(&less("process.thread.count{}")), "{after:?}");
    telemetry.shutdown().expect("the receiver takes everything");
}

#[test]
fn a_runtime_of_tokio_shows_its_workers_and_tasks() {
    let _alone = alone();
    let receiver = Receiver::start();
    let telemetry = telemetry(&receiver);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let other = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    telemetry.observe_runtime("main", runtime.handle());
    telemetry.observe_runtime("other", other.handle());
    let task = runtime.spawn(std::future::pending::<()>());
    let busy = runtime.spawn(async {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(100) {
            std::hint::black_box(0);
        }
    });
    runtime.block_on(busy).expect("it does not panic");
    // A task is counted until its worker has put it away.
    let wait_for_tasks = |tasks| {
        while runtime.handle().metrics().num_alive_tasks() != tasks {
            thread::yield_now();
        }
    };
    wait_for_tasks(1);
    let seen = now(&receiver, &telemetry);
    assert_eq!(seen.get("tokio.worker.count{tokio.runtime.name=main}"), Some(&2.0), "{seen:?}");
    assert_eq!(seen.get("tokio.worker.count{tokio.runtime.name=other}"), Some(&1.0), "{seen:?}");
    assert_eq!(seen.get("tokio.task.count{tokio.runtime.name=main}"), Some(&1.0), "{seen:?}");
    assert_eq!(seen.get("tokio.global_queue.depth{tokio.runtime.name=main}"), Some(&0.0), "{seen:?}");
    let of_workers =
        |metric: &str| (0..2).map(|worker| seen[&format!("{metric}{{tokio.runtime.name=main tokio.worker.index={worker}}}")]).sum::<f64>();
    assert!(of_workers("tokio.worker.busy.time") >= 0.05, "{seen:?}");
    assert!(of_workers("tokio.worker.parks") >= 1.0, "{seen:?}");
    task.abort();
    assert!(runtime.block_on(task).expect_err("it never ends by itself").is_cancelled());
    wait_for_tasks(0);
    assert_eq!(now(&receiver, &telemetry).get("tokio.task.count{tokio.runtime.name=main}"), Some(&0.0));
    telemetry.shutdown().expect("the receiver takes everything");
}
