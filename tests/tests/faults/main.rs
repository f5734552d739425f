//! What becomes of telemetry when something goes wrong outside of the program: each case is a backend and a program, processes of their own,
//! and compares what the program made, what it says became of that, and what the backend has.
//!
//! One line a case is printed past the harness. With `FAULTS=short` in the environment all goes on for shorter. What is lost, sent twice,
//! counted and taken up is asserted; how long something takes is only told. In one case nothing goes wrong, for a minute, while the others run.

#![cfg(target_os = "linux")]

mod backend;
mod forks;
mod idle;
mod outages;
mod program;
mod replies;
mod spool;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, fs};

use backend::Seen;
use program::End;

/// One case at a time: they measure.
static TURN: Mutex<()> = Mutex::new(());
static HEADED: Mutex<bool> = Mutex::new(false);

/// The folder of a case, and its turn. It stays for whoever wants to know what went wrong.
pub(crate) struct Folder {
    path: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Folder {
    pub(crate) fn new(case: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults").join(case);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the target folder can be written to");
        Self { path, _turn: turn }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The one in CI, or the other.
pub(crate) fn either<T>(short: T, long: T) -> T {
    if env::var_os("FAULTS").is_some_and(|how| how == "short") { short } else { long }
}

pub(crate) fn seconds(short: f64, long: f64) -> Duration {
    Duration::from_secs_f64(either(short, long))
}

pub(crate) fn sleep(short: f64, long: f64) {
    std::thread::sleep(seconds(short, long));
}

/// Runs cases that measure nothing but memory at the same time.
pub(crate) fn together<T: Copy + Send>(cases: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            let run = &run;
            scope.spawn(move || run(case));
        }
    });
}

/// Prints the line of a case.
pub(crate) fn tell(case: &str, end: &End, seen: &Seen, remark: &str) {
    let dropped = end.dropped().iter().fold(String::new(), |mut text, (reason, dropped)| {
        let _ = write!(text, "{}{reason} {dropped}", if text.is_empty() { "" } else { ", " });
        text
    });
    let drained = seen.caught_up.unwrap_or(Duration::from_millis(end.get("drained")));
    let row = Row {
        case,
        produced: end.produced().to_string(),
        received: seen.distinct.to_string(),
        duplicates: seen.duplicates.to_string(),
        dropped,
        growth: mebibytes(end.growth()),
        drained: format!("{:.1}", drained.as_secs_f64()),
        remark,
    };
    row.print();
}

/// Of KiB.
pub(crate) fn mebibytes(kibibytes: u64) -> String {
    format!("{}.{}", kibibytes / 1024, kibibytes % 1024 * 10 / 1024)
}

pub(crate) struct Row<'a> {
    pub(crate) case: &'a str,
    pub(crate) produced: String,
    pub(crate) received: String,
    pub(crate) duplicates: String,
    pub(crate) dropped: String,
    pub(crate) growth: String,
    pub(crate) drained: String,
    pub(crate) remark: &'a str,
}

impl Row<'_> {
    pub(crate) fn print(&self) {
        let mut headed = HEADED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = std::io::stderr().lock();
        if !std::mem::replace(&mut headed, true) {
            let _ = writeln!(
                stderr,
                "\n{:<44} {:>8} {:>8} {:>5} {:>8} {:>7}  {:<34} remark",
                "case", "produced", "received", "twice", "peak MiB", "drain s", "dropped"
            );
        }
        let Self { case, produced, received, duplicates, dropped, growth, drained, remark } = self;
        let dropped = if dropped.is_empty() { "-" } else { dropped };
        let _ = writeln!(stderr, "{case:<44} {produced:>8} {received:>8} {duplicates:>5} {growth:>8} {drained:>7}  {dropped:<34} {remark}");
    }
}

/// Nothing was lost, and the accounts say so.
#[track_caller]
pub(crate) fn assert_nothing_lost(end: &End, seen: &Seen) {
    assert_eq!(end.dropped(), [], "{end:?}");
    assert_eq!((seen.distinct, seen.damaged), (end.produced(), 0), "{end:?}");
    assert_eq!(end.get("delivered"), end.get("accepted"), "{end:?}");
}

/// What did not arrive was dropped for this reason, and counted.
#[track_caller]
pub(crate) fn assert_only(reason: &str, end: &End, seen: &Seen) {
    assert_eq!(end.dropped(), [(reason, end.produced() - seen.distinct)], "{end:?}");
    assert_eq!((end.get("delivered"), seen.duplicates, seen.damaged), (seen.distinct, 0, 0), "{end:?}");
}
