use std::time::Instant;

use super::*;
use crate::delivery::account::DropReason;
use crate::delivery::queue::{Fate, Queue, Ticket};
use crate::diagnostics::Diagnostics;

/// A folder that is removed with what is in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("otel-spool-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn spool(&self) -> Spool {
        Spool::open(&self.0, u64::MAX).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn parcel(text: &'static str, items: u64) -> Parcel {
    Parcel { body: Bytes::from_static(text.as_bytes()), items }
}

fn write(spool: &Spool, number: u64, text: &'static str) -> Segment {
    spool.write(Signal::Traces, number, &parcel(text, number)).unwrap_or_else(|error| panic!("{error}"))
}

/// What a process that was killed leaves: its folder, and no lock.
fn abandon(spool: Spool) {
    drop(spool);
}

#[test]
fn what_is_left_is_adopted_once_and_in_order() {
    let folder = Folder::new("adopted");
    let first = folder.spool();
    for (number, text) in (1..).zip(["one", "two", "three"]) {
        write(&first, number, text);
    }
    let second = folder.spool();
    assert!(second.adopt().segments.is_empty(), "its owner lives");
    abandon(first);
    let found = second.adopt();
    let texts: Vec<_> = found.segments.iter().map(|(_, items, segment)| (*items, segment.read().ok().flatten())).collect();
    assert_eq!(texts, [(1, Some("one".into())), (2, Some("two".into())), (3, Some("three".into()))]);
    assert!(folder.spool().adopt().segments.is_empty(), "it has a new owner");
    found.segments.into_iter().for_each(|(_, _, segment)| segment.remove());
    drop(second);
    assert_eq!(entries(&folder.0), [folder.0.join(LOCK)], "what is empty is removed");
}

#[test]
fn what_is_damaged_is_counted_and_never_read() {
    let folder = Folder::new("damaged");
    let first = folder.spool();
    let whole = write(&first, 1, "whole");
    let paths: Vec<_> = (2..=5).map(|number| write(&first, number, "damaged").path).collect();
    let bytes = fs::read(&paths[0]).unwrap_or_default();
    let changed = |at: usize| bytes.iter().enumerate().map(|(index, byte)| if index == at { byte ^ 1 } else { *byte }).collect::<Vec<_>>();
    fs::write(&paths[0], &bytes[..bytes.len() - 1]).unwrap_or_default();
    fs::write(&paths[1], changed(bytes.len() - 1)).unwrap_or_default();
    fs::write(&paths[2], changed(10)).unwrap_or_default();
    fs::write(&paths[3], []).unwrap_or_default();
    fs::write(paths[0].with_extension("part"), "half").unwrap_or_default();
    assert_eq!(whole.read().ok().flatten(), Some("whole".into()));
    drop(whole);
    abandon(first);
    let found = folder.spool().adopt();
    assert_eq!((found.segments.len(), found.damaged), (1, 4));
}

#[test]
#[cfg(unix)]
fn files_are_for_nobody_else() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let folder = Folder::new("private");
    let spool = folder.spool();
    let segment = write(&spool, 1, "secret");
    let mode = |path: &Path| fs::metadata(path).map(|metadata| metadata.mode() & 0o777).ok();
    assert_eq!((mode(&segment.path), mode(&spool.own.folder), mode(&folder.0)), (Some(0o600), Some(0o700), Some(0o700)));
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).unwrap_or_default();
    let refused = Spool::open(&folder.0, 1).map(drop).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|error| error.ends_with("others may write into it")));
}

/// Many start and end at one time, and each has a folder.
#[test]
fn starts_and_adoptions_do_not_get_in_each_others_way() {
    let folder = Folder::new("race");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let root = folder.0.clone();
            std::thread::spawn(move || {
                for _ in 0..50 {
                    let spool = Spool::open(&root, u64::MAX).unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(spool.adopt().segments.len(), 0);
                }
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    assert_eq!(entries(&folder.0), [folder.0.join(LOCK)]);
}

/// Random sequences of what happens to a queue with a spool, and processes that are killed in between, against three promises: the accounts
/// balance at every moment, nothing is sent twice, and nothing is lost but what was in memory alone when a process was killed.
#[test]
fn accounts_balance_and_nothing_is_lost_or_sent_twice_whatever_happens() {
    for seed in 0..60 {
        Model::new(seed).run();
    }
}

struct Model {
    folder: Folder,
    random: u64,
    pushed: u64,
    /// The numbers of what was delivered, dropped for a reason that was counted, damaged by us, or in memory alone when the process was killed.
    delivered: Vec<u64>,
    gone: u64,
}

impl Model {
    fn new(seed: u64) -> Self {
        Self { folder: Folder::new(&format!("model-{seed}")), random: seed, pushed: 0, delivered: Vec::new(), gone: 0 }
    }

    /// The next number of a simple generator, below `limit`.
    fn random(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % limit
    }

    fn run(mut self) {
        for _life in 0..4 {
            self.live(60);
        }
        // The last one delivers what is left.
        self.live(0);
        let mut delivered = self.delivered.clone();
        delivered.sort_unstable();
        delivered.dedup();
        assert_eq!(delivered.len(), self.delivered.len(), "nothing is sent twice");
        assert_eq!(delivered.len() as u64 + self.gone, self.pushed, "nothing is lost that is not accounted for");
    }

    /// One process, which is killed after so many steps, or ends when everything is delivered.
    fn live(&mut self, steps: u64) {
        let spool = Spool::open(&self.folder.0, 4000).unwrap_or_else(|error| panic!("{error}"));
        let queue = Queue::new(3000, Diagnostics::new(|_| ()));
        let found = spool.adopt();
        self.gone += found.damaged;
        for (signal, items, segment) in found.segments {
            queue.adopt(signal, items, segment);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap_or_else(|error| panic!("{error}"));
        let mut under_way = Vec::new();
        for _ in 0..steps {
            match self.random(6) {
                0 | 1 => self.push(&queue),
                2 if waits(&queue) => under_way.push(runtime.block_on(queue.next(Signal::Traces))),
                3 if !under_way.is_empty() => {
                    let ticket = under_way.swap_remove(usize::try_from(self.random(under_way.len() as u64)).unwrap_or(0));
                    let refuses = self.random(4) == 0;
                    self.settle(&queue, ticket, refuses);
                }
                4 => write_all(&queue, &spool),
                5 if self.random(10) == 0 => damage_one(&spool),
                _ => {}
            }
            assert!(queue.health(Signal::Traces).is_balanced());
        }
        while steps == 0 && waits(&queue) {
            let ticket = runtime.block_on(queue.next(Signal::Traces));
            self.settle(&queue, ticket, false);
        }
        // What is in memory alone dies with the process; the rest stays on disk.
        let health = queue.health(Signal::Traces);
        let on_disk =
            entries(&spool.own.folder).iter().filter(|path| path.extension().is_some_and(|extension| extension == "otlp")).count();
        let adopted = queue.close().iter().map(|left| left.spooled).sum::<u64>();
        self.gone += health.dropped_in_all() + (health.queued + health.spooled - adopted);
        assert!(adopted >= on_disk as u64, "every file is of a parcel");
        drop(under_way);
    }

    fn push(&mut self, queue: &Queue) {
        let mut body = vec![0; usize::try_from(50 + self.random(200)).unwrap_or(50)];
        body[..8].copy_from_slice(&self.pushed.to_le_bytes());
        self.pushed += 1;
        queue.push_new(Signal::Traces, Parcel { body: body.into(), items: 1 });
    }

    fn settle(&mut self, queue: &Queue, ticket: Ticket, refuses: bool) {
        let body = ticket.body.or_else(|| ticket.segment.as_ref()?.read().ok()?);
        let fate = match body {
            None => Fate::Dropped(DropReason::Damaged),
            Some(_) if refuses => Fate::Dropped(DropReason::Refused),
            Some(body) => {
                self.delivered.push(u64::from_le_bytes(body[..8].try_into().unwrap_or_default()));
                Fate::Delivered { rejected: 0 }
            }
        };
        queue.settle(Signal::Traces, ticket.number, fate);
    }
}

fn waits(queue: &Queue) -> bool {
    let health = queue.health(Signal::Traces);
    health.queued + health.spooled > health.in_flight
}

fn write_all(queue: &Queue, spool: &Spool) {
    while let Some((signal, number, parcel)) = queue.unwritten(Instant::now()) {
        while spool.is_full((HEADER + parcel.body.len()) as u64) {
            match queue.release_oldest_segment() {
                Some(oldest) => oldest.remove(),
                None => return,
            }
        }
        let segment = spool.write(signal, number, &parcel).unwrap_or_else(|error| panic!("{error}"));
        assert!(queue.written(signal, number, segment).is_none(), "it waits or is under way");
    }
}

fn damage_one(spool: &Spool) {
    let files = entries(&spool.own.folder);
    if let Some(path) = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "otlp")) {
        fs::write(path, "damaged").unwrap_or_default();
    }
}
