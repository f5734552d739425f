//! Programs that are killed, and what the next one finds of them.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::time::Duration;

use crate::backend::{Backend, Protocol};
use crate::program::{End, Program, progress};
use crate::{Folder, Row, assert_nothing_lost, either, seconds, sleep, tell};

const RATE: u64 = 2000;

fn spooled(backend: &Backend, folder: &Folder) -> Program {
    let mut program = Program::new(backend, Protocol::Http);
    program.spooled(folder).set("OTEL_EXPORTER_OTLP_TIMEOUT", "500");
    program
}

/// A program that delivers what others left, and makes nothing.
fn heir(backend: &Backend, folder: &Folder) -> End {
    let mut program = spooled(backend, folder);
    program.argument("run", -1).at(RATE, Duration::ZERO);
    // What is left is read on a thread of its own.
    program.argument("settle", 500);
    program.run()
}

/// The segments in the spool.
fn segments(folder: &Folder) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.path("spool")).expect("there is a spool");
    let files = folders.filter_map(|folder| fs::read_dir(folder.ok()?.path()).ok()).flatten();
    let mut paths: Vec<_> = files.map(|file| file.expect("it can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "otlp"));
    paths.sort();
    paths
}

#[test]
#[ignore = "takes two minutes"]
fn killed_programs() {
    let case = "kill -9 of programs, spooled";
    let folder = Folder::new(case);
    let mut backend = Backend::start(&folder, &[]);
    let (kills, mut made, mut said) = (either(6, 50), Vec::new(), String::new());
    for run in 0..kills {
        // The backend takes some of it, all or nothing.
        backend.say(["accept", "status 503 14", "hang", "delay 100"][run % 4]);
        let mut program = spooled(&backend, &folder);
        let file = folder.path(&format!("progress-{run}"));
        program.argument("run", run).argument("progress", file.display()).at(RATE, Duration::from_secs(600));
        let running = program.start();
        let moment = RandomState::new().hash_one(run) % 1700;
        std::thread::sleep(Duration::from_millis(300 + moment));
        said += &running.kill();
        made.push(progress(&file));
    }
    backend.say("accept");
    let end = heir(&backend, &folder);
    said += &end.stderr;
    let mut worst = 0;
    for (run, made) in made.iter().enumerate() {
        let seen = backend.seen(None, |arrival| arrival.run == i64::try_from(run).unwrap_or(-2));
        let lost = made.saturating_sub(seen.distinct);
        assert!(lost <= RATE, "run {run} lost {lost} of {made}, which is more than a second");
        worst = worst.max(lost);
    }
    let (seen, made) = (backend.seen(None, |_| true), made.iter().sum::<u64>());
    let row = Row {
        case,
        produced: made.to_string(),
        received: seen.distinct.to_string(),
        duplicates: seen.duplicates.to_string(),
        dropped: String::new(),
        growth: crate::mebibytes(end.growth()),
        drained: format!("{:.1}", Duration::from_millis(end.get("drained")).as_secs_f64()),
        remark: &format!("{kills} kills, at most {worst} ms of spans lost", worst = worst * 1000 / RATE),
    };
    row.print();
    assert_eq!((seen.damaged, end.dropped()), (0, vec![]), "{end:?}");
    assert!(!said.contains("damaged"), "{said}");
    assert_eq!(segments(&folder), [] as [PathBuf; 0], "all is delivered");
    // What was under way when a program was killed is sent again, and what was delivered but not removed yet.
    assert!(seen.duplicates <= kills as u64 * RATE, "{seen:?}");
}

#[test]
#[ignore = "takes seconds"]
fn two_programs_and_one_spool() {
    let case = "two programs at a time, one spool";
    let folder = Folder::new(case);
    let mut backend = Backend::absent(&folder);
    let pair = |runs: [i64; 2], length: Duration| {
        runs.map(|run| {
            let mut program = spooled(&backend, &folder);
            let file = folder.path(&format!("progress-{run}"));
            program.argument("run", run).argument("progress", file.display()).at(RATE, length);
            program.start()
        })
    };
    let first = pair([0, 1], Duration::from_secs(600));
    sleep(2.0, 5.0);
    for running in first {
        running.kill();
    }
    let left = [0, 1].map(|run| progress(&folder.path(&format!("progress-{run}"))));
    let second = pair([2, 3], seconds(1.0, 3.0));
    let back = backend.come_back(&[]);
    let ends = second.map(crate::program::Running::end);
    let seen = backend.seen(Some(back), |_| true);
    tell(case, &ends[0], &seen, "and two that were killed before");
    for (run, left) in (0..).zip(left) {
        let of_run = backend.seen(None, |arrival| arrival.run == run);
        assert!(left.saturating_sub(of_run.distinct) <= RATE, "run {run} lost more than a second: {of_run:?} of {left}\n{ends:#?}");
    }
    assert_eq!((seen.duplicates, seen.damaged), (0, 0));
    let new: u64 = ends.iter().map(End::produced).sum();
    assert_eq!(backend.seen(None, |arrival| arrival.run >= 2).distinct, new);
    let accounts = |name| ends.iter().map(|end| end.get(name)).sum::<u64>();
    assert_eq!((accounts("accepted"), accounts("delivered")), (seen.distinct, seen.distinct), "{ends:?}");
}

/// Many start at the same moment, and each has a spool.
#[test]
#[ignore = "takes seconds"]
fn many_programs_start_together() {
    let case = "ten programs start together, one spool";
    let folder = Folder::new(case);
    let backend = Backend::absent(&folder);
    for round in 0..either(3, 10) {
        let programs: Vec<_> = (0..10)
            .map(|run| {
                let mut program = spooled(&backend, &folder);
                program.argument("run", round * 10 + run).argument("drain", 0).at(RATE, Duration::from_millis(1));
                program.start()
            })
            .collect();
        for program in programs {
            let stderr = program.kill_at_the_end();
            assert!(!stderr.contains("not spooled"), "{stderr}");
        }
    }
}

#[test]
#[ignore = "takes seconds"]
fn full_disk() {
    let case = "full disk, spooled";
    let folder = Folder::new(case);
    let mut backend = Backend::absent(&folder);
    let mut program = Program::with_a_full_disk(&backend, Protocol::Http);
    program.spooled(&folder).at(RATE, seconds(2.0, 5.0));
    let running = program.start();
    sleep(1.5, 4.0);
    let back = backend.come_back(&[]);
    let end = running.end();
    let seen = backend.seen(Some(back), |_| true);
    tell(case, &end, &seen, "kept in memory");
    assert_nothing_lost(&end, &seen);
    assert_eq!(seen.duplicates, 0);
    assert_eq!(end.stderr.matches("the spool cannot be written to").count(), 1, "{}", end.stderr);
    assert_eq!(segments(&folder), [] as [PathBuf; 0]);
}

#[test]
#[ignore = "takes seconds"]
fn damaged_segments() {
    let case = "segments cut off and damaged";
    let folder = Folder::new(case);
    let mut backend = Backend::absent(&folder);
    let mut program = spooled(&backend, &folder);
    program.argument("drain", 0).argument("shutdown", 1000).at(RATE, seconds(2.0, 4.0));
    let first = program.run();
    assert_eq!((first.get("spooled"), first.dropped()), (first.produced(), vec![]), "{first:?}");
    assert!(first.stdout.contains("all spooled for the next run"), "{}", first.stdout);
    let paths = segments(&folder);
    let mut damaged = 0;
    for (path, damage) in paths.iter().zip(["cut", "flip", "empty"]) {
        let mut bytes = fs::read(path).expect("a segment can be read");
        damaged += u64::from_le_bytes(bytes[9..17].try_into().expect("a segment says how many it has"));
        match damage {
            "cut" => bytes.truncate(bytes.len() / 2),
            "flip" => *bytes.last_mut().expect("it is not empty") ^= 1,
            _ => bytes.clear(),
        }
        fs::write(path, bytes).expect("a segment can be damaged");
    }
    backend.come_back(&[]);
    let end = heir(&backend, &folder);
    let seen = backend.seen(None, |_| true);
    tell(case, &first, &seen, &format!("{damaged} spans in 3 damaged files, which the next run counts"));
    assert_eq!((seen.distinct, seen.duplicates, seen.damaged), (first.produced() - damaged, 0, 0));
    assert_eq!((end.get("delivered"), end.get("accepted")), (seen.distinct, seen.distinct + damaged), "{end:?}");
    assert_eq!(end.dropped(), [("damaged", damaged)], "{end:?}");
    let said = format!("damaged in the spool, and not sent: 3 files with {damaged} spans");
    assert!(end.stderr.contains(&said), "{}", end.stderr);
    assert_eq!(segments(&folder), [] as [PathBuf; 0]);
}
