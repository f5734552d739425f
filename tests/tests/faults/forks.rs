//! Programs that fork.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::backend::{Backend, Protocol};
use crate::program::Program;
use crate::{Folder, assert_nothing_lost, either, seconds, sleep, tell, together};

/// Spans that a child makes with telemetry of its own.
const OF_A_CHILD: u64 = 100;

fn forks(folder: &Folder, case: &str, protocol: Protocol, spooled: bool) {
    // There is much in the queue that a child could send.
    let backend = Backend::start(folder, &["delay 50"]);
    let mut program = Program::new(&backend, protocol);
    program.argument("run", 1000).argument("forks", either(50, 200)).at(5000, seconds(1.5, 5.0));
    if spooled {
        program.spooled(folder);
    }
    let end = program.run();
    let (seen, forks) = (backend.seen(None, |arrival| arrival.run == 1000), end.get("forks"));
    tell(case, &end, &seen, &format!("{forks} forks"));
    // A child goes on with the random numbers of its parent.
    assert_eq!(backend.seen(None, |_| true).shared_ids, 0, "children have ids of their own");
    assert_nothing_lost(&end, &seen);
    assert_eq!(seen.duplicates, 0, "a child sends nothing of its parent's");
    let of_children = backend.seen(None, |arrival| arrival.run < 0);
    assert_eq!((of_children.distinct, of_children.duplicates), (forks * OF_A_CHILD, 0), "a child delivers what is its own");
    let astray = backend.seen(None, |arrival| arrival.run > 1000);
    assert_eq!(astray.distinct, 0, "what a child makes with its parent's telemetry goes nowhere");
}

/// Ends a process that nobody else would end.
struct Orphan(String);

impl Orphan {
    fn signal(&self, signal: &str) -> bool {
        let status = Command::new("kill").args([signal, &self.0]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        self.signal("-9");
    }
}

/// A lock belongs to all copies of the file that it is on, and a forked child has one.
#[test]
#[ignore = "takes seconds"]
fn child_that_outlives_its_parent() {
    let case = "a child outlives its parent, spooled";
    let folder = Folder::new(case);
    let mut backend = Backend::absent(&folder);
    let mut program = Program::new(&backend, Protocol::Http);
    program.spooled(&folder).argument("orphan", true).at(1000, Duration::from_secs(600));
    let running = program.start();
    let orphan = running.wait_for("orphan");
    let orphan = Orphan(orphan.trim_start_matches("orphan ").to_owned());
    sleep(2.0, 3.0);
    running.kill();
    assert!(orphan.signal("-0"), "it lives on");
    let back = backend.come_back(&[]);
    let mut heir = Program::new(&backend, Protocol::Http);
    heir.spooled(&folder).argument("run", 1).argument("settle", 500).at(1000, Duration::ZERO);
    let end = heir.run();
    let seen = backend.seen(Some(back), |_| true);
    tell(case, &end, &seen, "what the parent left");
    // All but the last second.
    assert!(seen.distinct >= 500, "{seen:?}: {end:?}");
    assert!(orphan.signal("-0"), "it lives on");
}

#[test]
#[ignore = "takes seconds"]
fn forked_children() {
    let folder = Folder::new("forks");
    let cases = [("forks, http", Protocol::Http, false), ("forks, grpc", Protocol::Grpc, false), ("forks, spooled", Protocol::Http, true)];
    together(cases, |(case, protocol, spooled)| forks(&folder, case, protocol, spooled));
}
