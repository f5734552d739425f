//! 200 tests that capture side by side, in a process that has telemetry of its own, over threads and tasks: none sees what is another's.

use std::sync::{Barrier, OnceLock};
use std::thread;

use otel_runtime::context::FutureExt;
use otel_runtime::testing::{Capture, Captured, capture, capture_async, install_log, start};
use otel_runtime::{Telemetry, builder, counted, traced};
use tests::telemetry::Printed;

/// What the process has installed; it is to see nothing of all this.
fn installed() -> &'static Printed {
    static INSTALLED: OnceLock<(Telemetry, Printed)> = OnceLock::new();
    let (_, printed) = INSTALLED.get_or_init(|| {
        let printed = Printed::default();
        let builder = builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "console").set("OTEL_METRICS_EXPORTER", "none");
        let telemetry = builder.set("OTEL_LOGS_EXPORTER", "console").console(printed.clone()).init().expect("nothing else is installed");
        install_log(log::LevelFilter::Info).expect("there is no logger");
        (telemetry, printed)
    });
    printed
}

#[traced(fields(of = test), baggage(of = test))]
#[counted("steps", fields(of = unbounded(test)))]
fn step(test: &str, left: u32) {
    log::info!(of = test; "step {left}");
    if left == 0 {
        leaf();
        return;
    }
    thread::yield_now();
    step(test, left - 1);
}

#[traced]
fn leaf() {}

#[traced(fields(of = test))]
async fn task(test: String) {
    tokio::task::yield_now().await;
    step(&test, 1);
    tokio::task::yield_now().await;
    let inner = tokio::spawn(async { leaf() }.with_current_context());
    inner.await.expect("it does not panic");
}

fn runtime(workers: usize) -> tokio::runtime::Runtime {
    let mut builder =
        if workers == 0 { tokio::runtime::Builder::new_current_thread() } else { tokio::runtime::Builder::new_multi_thread() };
    builder.worker_threads(workers.max(1)).build().expect("a runtime")
}

/// Threads, each with the context.
fn threads(test: &str) -> Captured {
    let capture = Capture::start();
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let _attached = capture.context().attach();
                step(test, 2);
            });
        }
    });
    capture.finish()
}

/// Tasks on several threads.
fn tasks(test: &str) -> Captured {
    let tasks = async {
        let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(task(test.to_owned()).with_current_context())).collect();
        for task in tasks {
            task.await.expect("it does not panic");
        }
    };
    runtime(2).block_on(capture_async(tasks)).1
}

/// Tasks on the thread of the test, which start without a context of their own.
fn tasks_here(test: &str) -> Captured {
    let capture = start();
    runtime(0).block_on(async {
        let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(task(test.to_owned()))).collect();
        for task in tasks {
            task.await.expect("it does not panic");
        }
    });
    capture.finish()
}

/// Everything in it is the test's, and all that is the test's is in it.
fn assert_only(captured: &Captured, test: &str, steps: u64, trees: &str) {
    assert_eq!(captured.sorted_tree(), trees.repeat(3).replace("TEST", test), "{captured}");
    assert!(captured.open().is_empty(), "{captured}");
    assert_eq!((captured.count("steps", &[("of", test)]), captured.count("steps", &[])), (steps, steps), "{captured}");
    assert_eq!(captured.logs().len(), usize::try_from(steps).expect("they are few"), "{captured}");
    for log in captured.logs() {
        assert_eq!(log.attribute("of").map(ToString::to_string).as_deref(), Some(test));
        let span = captured.all().iter().find(|span| log.is_of(span)).expect("it belongs to a span of this test");
        assert_eq!((span.name.as_str(), span.baggage("of")), ("step", Some(test)));
    }
}

const STEPS: &str = "step of=TEST\n  step of=TEST\n    step of=TEST\n      leaf\n";
const TASK: &str = "task of=TEST\n  leaf\n  step of=TEST\n    step of=TEST\n      leaf\n";

/// One test, in one of the ways to capture.
fn run(test: &str, way: usize) {
    let printed = installed();
    match way % 4 {
        0 => assert_only(&threads(test), test, 9, STEPS),
        1 => assert_only(&tasks(test), test, 6, TASK),
        2 => assert_only(&tasks_here(test), test, 6, TASK),
        _ => assert_only(&capture(|| (0..3).for_each(|_| step(test, 2))).1, test, 9, STEPS),
    }
    assert!(!printed.text().contains(test), "what is captured is recorded nowhere else");
}

/// Ten modules of twenty tests.
macro_rules! modules {
    ($($module:ident)*) => {$(
        mod $module {
            twenty!(t00 t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19);
        }
    )*};
}

macro_rules! twenty {
    ($($test:ident)*) => {$(
        #[test]
        fn $test() {
            super::run(concat!(module_path!(), "-", stringify!($test)), usize::from(stringify!($test).as_bytes()[2]));
        }
    )*};
}

modules!(m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);

/// However many threads the tests have, these run at once.
#[test]
fn all_of_them_at_once() {
    const TESTS: usize = 200;
    let barrier = Barrier::new(TESTS);
    thread::scope(|threads| {
        for number in 0..TESTS {
            let barrier = &barrier;
            threads.spawn(move || {
                barrier.wait();
                run(&format!("at-once-{number}-"), number);
            });
        }
    });
}
