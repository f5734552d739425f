//! Random sequences of what happens to a queue with a spool, and processes that are killed in between, against three promises: the accounts
//! balance at every moment, nothing is sent twice, and nothing is lost but what was in memory alone when a process was killed.

use std::fs;
use std::time::Instant;

use super::{Folder, entries};
use crate::delivery::Route;
use crate::delivery::account::DropReason;
use crate::delivery::queue::{Fate, Parcel, Queue, Ticket};
use crate::delivery::spool::{BLOCK, Segment, Spool, size_on_disk};
use crate::diagnostics::Diagnostics;

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
        let mut spool = Spool::open(&self.folder.0, 16 * BLOCK).unwrap_or_else(|error| panic!("{error}"));
        let queue = Queue::new(3000, Diagnostics::new(|_| ()));
        queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
        let found = spool.adopt();
        self.gone += found.damaged;
        assert_eq!(found.damaged, found.damaged_items[Route::TRACES.index()], "one is in each");
        queue.adopt_damaged(Route::TRACES, found.damaged);
        for (route, items, segment) in found.segments {
            queue.adopt(route, items, segment);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap_or_else(|error| panic!("{error}"));
        let mut under_way = Vec::new();
        for _ in 0..steps {
            match self.random(6) {
                0 | 1 => self.push(&queue),
                2 if waits(&queue) => under_way.push(runtime.block_on(queue.next(Route::TRACES))),
                3 if !under_way.is_empty() => {
                    let ticket = under_way.swap_remove(usize::try_from(self.random(under_way.len() as u64)).unwrap_or(0));
                    let refuses = self.random(4) == 0;
                    self.settle(&queue, ticket, refuses);
                }
                4 => write_all(&queue, &spool),
                5 if self.random(10) == 0 => damage_one(&spool),
                _ => {}
            }
            assert!(queue.health(Route::TRACES).is_balanced());
        }
        while steps == 0 && waits(&queue) {
            let ticket = runtime.block_on(queue.next(Route::TRACES));
            self.settle(&queue, ticket, false);
        }
        // What is in memory alone dies with the process; the rest stays on disk.
        let health = queue.health(Route::TRACES);
        let on_disk =
            entries(&spool.own.folder).iter().filter(|path| path.extension().is_some_and(|extension| extension == "otlp")).count();
        let adopted = queue.close().iter().map(|left| left.spooled).sum::<u64>();
        self.gone += health.dropped_in_all() - found.damaged + (health.queued + health.spooled - adopted);
        assert!(adopted >= on_disk as u64, "every file is of a parcel");
        drop(under_way);
    }

    fn push(&mut self, queue: &Queue) {
        let mut body = vec![0; usize::try_from(50 + self.random(200)).unwrap_or(50)];
        body[..8].copy_from_slice(&self.pushed.to_le_bytes());
        self.pushed += 1;
        queue.push_new(Route::TRACES, Parcel { body: body.into(), items: 1 });
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
        queue.settle(Route::TRACES, ticket.number, u64::MAX, fate);
        queue.take_removable().into_iter().for_each(Segment::remove);
    }
}

fn waits(queue: &Queue) -> bool {
    let health = queue.health(Route::TRACES);
    health.queued + health.spooled > health.in_flight
}

fn write_all(queue: &Queue, spool: &Spool) {
    while let Some((route, number, parcel)) = queue.unwritten(Instant::now()) {
        while spool.is_full(size_on_disk(parcel.body.len())) {
            match queue.release_oldest_segment() {
                Some(oldest) => oldest.remove(),
                None => return,
            }
        }
        let segment = spool.write(route, number, &parcel).unwrap_or_else(|error| panic!("{error}"));
        assert!(queue.written(route, number, segment).is_none(), "it waits or is under way");
    }
}

fn damage_one(spool: &Spool) {
    let files = entries(&spool.own.folder);
    if let Some(path) = files.iter().find(|path| path.extension().is_some_and(|extension| extension == "otlp")) {
        fs::write(path, "damaged").unwrap_or_default();
    }
}
