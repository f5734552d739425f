//! Instructions, which do not depend on what else the machine does: by callgrind, where there is one.

use std::process::{Command, Stdio};
use std::{env, fs, process};

use crate::measure::{Case, batch_of_a_case};
use crate::{cases, installed};

/// How many calls a thread makes in a batch that is counted.
const CALLS: u64 = 500;

/// What was counted of a case.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Instructions of the caller, for a call.
    pub caller: f64,
    /// Instructions of the process, for a span.
    pub process: f64,
}

/// What the cases of a group take, in their order; nothing without a callgrind.
pub fn of(group: &str, port: u16) -> Vec<Option<Counted>> {
    let cases = counted(group);
    let (calls, batch) = ("bench::measure::calls_of_a_case", "bench::measure::batch_of_a_case");
    let after = format!("--dump-after={batch}");
    let by_caller = collect(group, port, cases.len(), &[&format!("--toggle-collect={calls}"), &after]);
    let by_process = collect(group, port, cases.len() * 2, &[&format!("--dump-before={batch}"), &after]);
    let (Some(by_caller), Some(by_process)) = (by_caller, by_process) else { return vec![None; cases.len()] };
    // What comes before a batch is the warming up.
    let by_process = by_process.chunks_exact(2).map(|dumps| dumps[1]);
    let counts = cases.iter().zip(by_caller).zip(by_process);
    #[allow(clippy::cast_precision_loss, reason = "they are small")]
    let each = |((case, caller), process): ((&Case, u64), u64)| {
        let calls = case.calls * case.threads;
        Counted { caller: caller as f64 / calls as f64, process: process as f64 / (calls * case.spans.max(1)) as f64 }
    };
    counts.map(each).map(Some).collect()
}

/// The counts of so many dumps, before the one at the end.
fn collect(group: &str, port: u16, dumps: usize, arguments: &[&str]) -> Option<Vec<u64>> {
    let folder = env::temp_dir().join(format!("bench-{}", process::id()));
    fs::create_dir_all(&folder).expect("there is room for temporary files");
    let counts = folder.join("counts");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--combine-dumps=no"]).arg(format!("--callgrind-out-file={}", counts.display())).args(arguments);
    valgrind.arg(env::current_exe().expect("this program has a file")).args(["count", group, &port.to_string()]);
    let status = valgrind.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_counted = status.is_ok_and(|status| status.success());
    let dump = |number| format!("{}.{number}", counts.display());
    assert!(!is_counted || fs::exists(dump(dumps + 1)).is_ok_and(|exists| !exists), "callgrind saw more batches than there are");
    let totals = is_counted.then(|| (1..=dumps).map(|number| total(&dump(number))).collect());
    fs::remove_dir_all(&folder).expect("it was written");
    totals
}

/// The sum in a dump.
fn total(file: &str) -> u64 {
    let dump = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let line = dump.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a dump has a sum");
    line.trim().parse().expect("a number")
}

fn counted(group: &str) -> Vec<Case> {
    let calls = |case: Case| Case { calls: CALLS / case.spans.max(1) / case.threads, ..case };
    cases(group).into_iter().map(calls).collect()
}

/// Runs a batch of each case, or of those of one row and peer: what callgrind, or perf, looks at.
pub fn run(group: &str, port: u16, only: Option<(&str, &str)>) {
    let surroundings = installed(group, port);
    let wanted = |case: &Case| only.is_none_or(|only| only == (case.row, case.peer));
    for case in counted(group).into_iter().filter(wanted) {
        // What happens once is not to be counted.
        surroundings.within(&case, &mut || (case.run)(case.calls));
        if case.spans > 0 {
            surroundings.settle(case.peer);
        }
        batch_of_a_case(&case, &*surroundings);
    }
    // No more than was asked for.
    process::exit(0);
}
