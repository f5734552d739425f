//! Programs that fork.

use crate::backend::{Backend, Protocol};
use crate::program::Program;
use crate::{Folder, assert_nothing_lost, either, seconds, tell, together};

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

#[test]
#[ignore = "takes seconds"]
fn forked_children() {
    let folder = Folder::new("forks");
    let cases = [("forks, http", Protocol::Http, false), ("forks, grpc", Protocol::Grpc, false), ("forks, spooled", Protocol::Http, true)];
    together(cases, |(case, protocol, spooled)| forks(&folder, case, protocol, spooled));
}
