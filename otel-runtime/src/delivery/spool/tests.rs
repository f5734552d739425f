use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::*;
use crate::delivery::Delivery;
use crate::delivery::account::DropReason;
use crate::delivery::queue::{Fate, Queue};
use crate::diagnostics::Diagnostics;

mod model;

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
    spool.write(Route::TRACES, number, &parcel(text, number)).unwrap_or_else(|error| panic!("{error}"))
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
    let mut second = folder.spool();
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
    assert_eq!((found.segments.len(), found.damaged, found.damaged_items[0]), (1, 4, 2 + 3 + 4 + 5), "their names say what was in them");
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
    assert!(refused.is_err_and(|error| error.ends_with("others may write into it; give it a folder of its own, with mode 700")));
}

/// The memory that it takes to know of them is bounded by that.
#[test]
fn the_smallest_of_requests_takes_a_block() {
    let folder = Folder::new("blocks");
    let spool = Spool::open(&folder.0, 4 * BLOCK).unwrap_or_else(|error| panic!("{error}"));
    let written: Vec<_> = (1..10).take_while(|_| !spool.is_full(size_on_disk(1))).map(|number| write(&spool, number, "1")).collect();
    assert_eq!(written.len(), 4);
    written.into_iter().for_each(Segment::remove);
    assert_eq!(spool.bytes.load(Ordering::Relaxed), 0);
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
                    let mut spool = Spool::open(&root, u64::MAX).unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(spool.adopt().segments.len(), 0);
                }
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    assert_eq!(entries(&folder.0), [folder.0.join(LOCK)]);
}

/// A disk on which everything hangs until it is let go.
#[derive(Debug, Default)]
struct Hanging {
    is_let_go: Mutex<bool>,
    let_go: Condvar,
    /// How many calls hang.
    hang: AtomicU64,
}

impl Hanging {
    fn hang(&self) {
        self.hang.fetch_add(1, Ordering::SeqCst);
        let is_let_go = self.is_let_go.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.let_go.wait_while(is_let_go, |is_let_go| !*is_let_go));
        self.hang.fetch_sub(1, Ordering::SeqCst);
    }

    fn let_go(&self) {
        *self.is_let_go.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.let_go.notify_all();
    }

    fn wait_until_it_hangs(&self) {
        while self.hang.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
    }
}

impl Disk for Hanging {
    fn write(&self, path: &Path, head: &[u8], body: &[u8]) -> io::Result<()> {
        self.hang();
        Files.write(path, head, body)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.hang();
        Files.read(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.hang();
        Files.remove(path)
    }
}

fn quiet() -> Diagnostics {
    Diagnostics::new(|_| ())
}

fn start(spool: Spool) -> Delivery {
    let delivery = Delivery::start(usize::MAX, quiet()).unwrap_or_else(|error| panic!("{error}"));
    delivery.queue().name_endpoint(Route::TRACES, "http://backend".to_owned());
    delivery.keep_in(spool, quiet()).unwrap_or_else(|error| panic!("{error}"));
    delivery
}

fn open_on(disk: Arc<dyn Disk>, folder: &Folder) -> Spool {
    Spool::open_on(disk, &folder.0, u64::MAX, Duration::ZERO).unwrap_or_else(|error| panic!("{error}"))
}

/// That the shutdown returns is what is tested: the disk is let go only afterwards.
#[test]
fn a_disk_that_hangs_holds_up_no_shutdown() {
    let folder = Folder::new("hangs-writing");
    let disk = Arc::new(Hanging::default());
    let delivery = start(open_on(disk.clone(), &folder));
    delivery.queue().push_new(Route::TRACES, parcel("kept", 3));
    disk.wait_until_it_hangs();
    let undelivered = delivery.shutdown(Instant::now());
    assert_eq!(undelivered.iter().map(|left| (left.dropped, left.spooled)).collect::<Vec<_>>(), [(3, 0)], "it is nowhere");
    let health = delivery.health(Route::TRACES);
    assert!(health.is_balanced() && health.dropped(DropReason::Shutdown) == 3, "{health:?}");
    disk.let_go();
    // What was given up is not sent by the next process: the thread has ended when its folder is gone.
    while !entries(&folder.0).iter().all(|path| *path == folder.0.join(LOCK)) {
        std::thread::yield_now();
    }
}

#[test]
fn a_disk_that_hangs_while_it_is_read_holds_up_no_shutdown() {
    let folder = Folder::new("hangs-reading");
    let before = folder.spool();
    write(&before, 1, "left");
    abandon(before);
    let disk = Arc::new(Hanging::default());
    let delivery = start(open_on(disk.clone(), &folder));
    disk.wait_until_it_hangs();
    assert!(!delivery.flush(Instant::now()), "there may be more than is known");
    assert_eq!(delivery.shutdown(Instant::now()), [], "what is not known to be there is left to the next process");
    disk.let_go();
}

#[test]
fn a_disk_that_hangs_holds_up_no_delivery() {
    let folder = Folder::new("hangs-removing");
    let disk = Arc::new(Hanging::default());
    let spool = open_on(disk.clone(), &folder);
    let queue = Queue::new(usize::MAX, quiet());
    for number in 0..10 {
        queue.push_new(Route::TRACES, parcel("spooled", 1));
        let (route, number, parcel) = queue.unwritten(Instant::now()).unwrap_or_else(|| panic!("{number} is on no disk"));
        Files.write(&spool.own.folder.join(number.to_string()), &[], &parcel.body).unwrap_or_default();
        let segment = spool.segment(spool.own.folder.join(number.to_string()), 1, &spool.own);
        assert!(queue.written(route, number, segment).is_none());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap_or_else(|error| panic!("{error}"));
    for _ in 0..10 {
        let ticket = runtime.block_on(queue.next(Route::TRACES));
        queue.settle(Route::TRACES, ticket.number, u64::MAX, Fate::Delivered { rejected: 0 });
    }
    assert_eq!(queue.health(Route::TRACES).delivered, 10);
    disk.let_go();
    queue.take_removable().into_iter().for_each(Segment::remove);
    drop((spool, queue));
    assert_eq!(entries(&folder.0), [folder.0.join(LOCK)], "they are removed in time");
}

/// A clock that was set back shows times at which there was something already.
#[test]
fn the_wall_clock_names_folders_and_nothing_else() {
    let folder = Folder::new("clock");
    let at = |seconds| Spool::open_on(Arc::new(Files), &folder.0, u64::MAX, Duration::from_secs(seconds));
    let open = |seconds| at(seconds).unwrap_or_else(|error| panic!("{error}"));
    let (first, second) = (open(1000), open(1000));
    assert_ne!(first.own.folder, second.own.folder);
    write(&first, 1, "left");
    abandon(first);
    let mut earlier = open(0);
    assert_eq!(earlier.adopt().segments.len(), 1, "what is left is adopted, though its time has not come yet");
}

#[test]
fn what_is_on_no_disk_is_written_at_once_when_memory_gets_scarce() {
    let folder = Folder::new("scarce");
    let lines = Arc::new(Mutex::new(0_u64));
    let said = Arc::clone(&lines);
    let queue = Arc::new(Queue::new(6000, Diagnostics::new(move |_| *said.lock().unwrap_or_else(PoisonError::into_inner) += 1)));
    // Should nobody be woken, this is where the test hangs.
    let look = Duration::from_secs(3600);
    let spool = folder.spool();
    let disk = std::thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            let mut work = writer::Work::new(spool, queue, quiet());
            while work.turn(look) {}
        }
    });
    // What it takes to know of that many would be more than the queue may have.
    for pushed in 1..=40 {
        queue.push_new(Route::TRACES, Parcel { body: vec![0; 500].into(), items: 1 });
        // Four of them are half of what may wait. More than eight could not be there without being written.
        while pushed >= 4 && queue.unwritten(Instant::now()).is_some() {
            std::thread::yield_now();
        }
    }
    queue.end_chores();
    assert!(disk.join().is_ok());
    let health = queue.health(Route::TRACES);
    assert_eq!((health.dropped_in_all(), health.queued + health.spooled), (0, 40), "{health:?}");
    assert_eq!(*lines.lock().unwrap_or_else(PoisonError::into_inner), 0);
}
