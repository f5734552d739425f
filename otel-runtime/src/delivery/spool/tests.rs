use std::time::Instant;

use super::*;
use crate::delivery::account::DropReason;
use crate::delivery::queue::{Fate, Queue};
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
    (1..=3).for_each(|number| drop(write(&first, number, ["", "one", "two", "three"][usize::try_from(number).unwrap_or(0)])));
    let second = folder.spool();
    assert!(second.adopt().segments.is_empty(), "its owner lives");
    abandon(first);
    let found = second.adopt();
    let texts: Vec<_> = found.segments.iter().map(|(_, items, segment)| (*items, segment.read())).collect();
    assert_eq!(texts, [(1, Some("one".into())), (2, Some("two".into())), (3, Some("three".into()))]);
    assert!(folder.spool().adopt().segments.is_empty(), "it has a new owner");
    found.segments.into_iter().for_each(|(_, _, segment)| segment.remove());
    second.close();
    assert!(entries(&folder.0).len() <= 1, "only the third folder is left: {:?}", entries(&folder.0));
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
    assert_eq!(whole.read(), Some("whole".into()));
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
    assert_eq!((mode(&segment.path), mode(&folder.0)), (Some(0o600), Some(0o700)));
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).unwrap_or_default();
    let refused = Spool::open(&folder.0, 1).map(drop).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|error| error.ends_with("others may write into it")));
}

/// Random sequences of what happens to a queue with a spool, against the two promises: the accounts balance at every moment, and nothing is
/// sent that was not pushed, or sent twice.
#[test]
fn accounts_balance_and_nothing_is_sent_twice_whatever_happens() {
    for seed in 0..60 {
        run_model(seed);
    }
}

struct Model {
    folder: Folder,
    random: u64,
    /// The bodies of what was pushed, delivered, and dropped or damaged, by their number.
    delivered: Vec<u64>,
    pushed: u64,
}

impl Model {
    /// The next number of a simple generator, below `limit`.
    fn random(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % limit
    }
}

fn run_model(seed: u64) {
    let mut model = Model { folder: Folder::new(&format!("model-{seed}")), random: seed, delivered: Vec::new(), pushed: 0 };
    for _life in 0..4 {
        let spool = Spool::open(&model.folder.0, 2000).unwrap_or_else(|error| panic!("{error}"));
        let queue = Queue::new(1000, Diagnostics::new(|_| ()));
        for (signal, items, segment) in spool.adopt().segments {
            queue.adopt(signal, items, segment);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap_or_else(|error| panic!("{error}"));
        let mut under_way = Vec::new();
        for _ in 0..60 {
            match model.random(6) {
                0 | 1 => {
                    let size = usize::try_from(50 + model.random(200)).unwrap_or(50);
                    let mut body = vec![0; size];
                    body[..8].copy_from_slice(&model.pushed.to_le_bytes());
                    model.pushed += 1;
                    queue.push(Signal::Traces, Parcel { body: body.into(), items: 1 });
                }
                2 if queue.health(Signal::Traces).in_flight
                    < queue.health(Signal::Traces).queued + queue.health(Signal::Traces).spooled =>
                {
                    under_way.push(runtime.block_on(queue.next(Signal::Traces)));
                }
                3 if !under_way.is_empty() => {
                    let ticket = under_way.swap_remove(usize::try_from(model.random(under_way.len() as u64)).unwrap_or(0));
                    let fate = match &ticket.body {
                        None => Fate::Dropped(DropReason::Damaged),
                        Some(_) if model.random(4) == 0 => Fate::Dropped(DropReason::Refused),
                        Some(body) => {
                            model.delivered.push(u64::from_le_bytes(body[..8].try_into().unwrap_or_default()));
                            Fate::Delivered { rejected: 0 }
                        }
                    };
                    queue.settle(Signal::Traces, ticket.number, fate);
                }
                4 => {
                    for (signal, number, parcel) in queue.unwritten(Instant::now()) {
                        while spool.is_full((HEADER + parcel.body.len()) as u64) {
                            let Some(oldest) = queue.release_oldest_segment() else { break };
                            oldest.remove();
                        }
                        let segment = spool.write(signal, number, &parcel).unwrap_or_else(|error| panic!("{error}"));
                        assert!(queue.written(signal, number, segment).is_none(), "it waits");
                    }
                }
                5 if model.random(10) == 0 => {
                    let files = entries(&spool.folder);
                    if let Some(path) = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "otlp")) {
                        fs::write(path, "damaged").unwrap_or_default();
                    }
                }
                _ => {}
            }
            let health = queue.health(Signal::Traces);
            let sum = health.delivered + health.queued + health.spooled + health.dropped_in_all();
            assert_eq!(health.accepted, sum, "seed {seed}: {health:?}");
        }
        // Killed: nothing is closed, and what was on disk stays there.
        drop(queue);
        abandon(spool);
    }
    let mut delivered = model.delivered.clone();
    delivered.sort_unstable();
    delivered.dedup();
    assert_eq!(delivered.len(), model.delivered.len(), "seed {seed}: nothing is sent twice");
    assert!(delivered.iter().all(|number| *number < model.pushed));
}
