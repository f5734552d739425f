//! What waits on disk, so that it survives the process: one file for each encoded request.
//!
//! A process has a folder of its own in the spool, with a lock that the system releases when the process ends in whatever way. What it leaves
//! there is adopted by the next process that starts. A file is whole or not there, because it is renamed when it is written; should it be
//! damaged all the same, its checksum says so, and it is removed, counted by what its name says, and never sent. What is written survives the
//! process, not a loss of power: nothing waits for the disk itself.
//!
//! A disk may hang. So it is the spool's own thread that writes, removes and tidies up, and nobody waits for that thread without a limit.

mod disk;
mod locks;
mod writer;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use self::disk::{Disk, Files, at, check_owner, entries, private_file, private_folder};
use self::locks::{Guard, LOCK, Locks};
use super::Route;
use super::queue::Parcel;

pub(super) use locks::leave_to_the_parent;
pub(super) use writer::Writer;

/// The folder of this process in the spool, and those that it has taken over.
#[derive(Debug)]
pub(crate) struct Spool {
    own: Arc<Owned>,
    /// As long as something of theirs waits.
    adopted: Vec<Arc<Owned>>,
    /// What all segments there are take of the disk.
    bytes: Arc<AtomicU64>,
    max_bytes: u64,
    locks: Arc<Locks>,
}

/// A folder that is ours while its lock is: that of this process, or one that another has left.
#[derive(Debug)]
struct Owned {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    locks: Arc<Locks>,
}

/// One encoded request on disk. Its file stays until it is removed.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    size: u64,
    bytes: Arc<AtomicU64>,
    folder: Arc<Owned>,
}

/// What was found in the folders of processes that have ended.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order in which it was written.
    pub(crate) segments: Vec<(Route, u64, Segment)>,
    /// Files that were cut off or damaged.
    pub(crate) damaged: u64,
    /// How many items of each route were in these, as far as their names say.
    pub(crate) damaged_items: [u64; Route::COUNT],
}

const MAGIC: &[u8; 8] = b"otelspl1";
/// The magic, the route, the items and the checksum of these and the body.
const HEADER: usize = 8 + 1 + 8 + 32;
/// A file takes whole blocks of a disk, of this size on most. So the bound of the spool bounds the number of its files too, of each of which the
/// queue keeps some 300 bytes in memory: of a spool that is full of the smallest of requests, a fourteenth.
const BLOCK: u64 = 4096;

/// What a parcel takes of the disk.
fn size_on_disk(body: usize) -> u64 {
    ((HEADER + body) as u64).next_multiple_of(BLOCK)
}

impl Spool {
    /// Opens the spool in `root`, which is made if it is not there.
    pub(crate) fn open(root: &Path, max_bytes: u64) -> io::Result<Self> {
        // A forked child might wait for what it has locked itself without knowing.
        leave_to_the_parent();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::open_on(Arc::new(Files), root, max_bytes, now)
    }

    fn open_on(disk: Arc<dyn Disk>, root: &Path, max_bytes: u64, now: Duration) -> io::Result<Self> {
        private_folder(root, true)?;
        let locks = Locks::of_this_process();
        let guard = Guard::of(root, &locks)?;
        check_owner(root, &guard.own)?;
        let folder = own_folder(root, now)?;
        let lock = private_file(&folder.join(LOCK), true).map_err(|error| at(&folder, &error))?;
        locks.lock(&folder, lock).map_err(|error| at(&folder, &io::Error::from(error)))?;
        let own = Arc::new(Owned { folder, disk, locks: Arc::clone(&locks) });
        Ok(Self { own, adopted: Vec::new(), bytes: Arc::default(), max_bytes, locks: Arc::clone(&locks) })
    }

    /// Takes over what processes have left that have ended.
    pub(crate) fn adopt(&mut self) -> Found {
        let mut found = Found::default();
        let Some(root) = self.own.folder.parent() else { return found };
        for owned in self.take_over(root).unwrap_or_default() {
            let owned = Arc::new(owned);
            self.adopt_from(&owned, &mut found);
            self.adopted.push(owned);
        }
        self.tidy();
        found
    }

    /// The folders of processes that have ended, which are ours from now on.
    fn take_over(&self, root: &Path) -> io::Result<Vec<Owned>> {
        let guard = Guard::of(root, &self.locks)?;
        let folders = entries(root).into_iter().filter(|folder| *folder != self.own.folder);
        let own =
            folders.filter(|folder| folder.symlink_metadata().is_ok_and(|found| found.is_dir()) && check_owner(folder, &guard.own).is_ok());
        let taken = own.filter_map(|folder| {
            // Without a lock, its process got no further than to make it.
            let Ok(lock) = OpenOptions::new().write(true).open(folder.join(LOCK)) else {
                let _ = fs::remove_dir(&folder);
                return None;
            };
            self.locks.lock(&folder, lock).ok()?;
            Some(Owned { folder, disk: Arc::clone(&self.own.disk), locks: Arc::clone(&self.locks) })
        });
        Ok(taken.collect())
    }

    fn adopt_from(&self, owned: &Arc<Owned>, found: &mut Found) {
        for path in entries(&owned.folder) {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("otlp") => match owned.read(&path) {
                    Ok(Some((route, items, body))) => {
                        found.segments.push((route, items, self.segment(path, size_on_disk(body.len()), owned)));
                    }
                    Ok(None) => {
                        found.damaged += 1;
                        if let Some((route, items)) = contents(&path) {
                            found.damaged_items[route.index()] += items;
                        }
                        let _ = owned.disk.remove(&path);
                    }
                    // What cannot be read now may be readable for the next process.
                    Err(_) => {}
                },
                // Cut off while it was written; what was in it was never accepted as spooled.
                Some("part") => drop(owned.disk.remove(&path)),
                _ => {}
            }
        }
    }

    /// Whether so many bytes more would be too many.
    fn is_full(&self, more: u64) -> bool {
        self.bytes.load(Ordering::Relaxed).saturating_add(more) > self.max_bytes
    }

    /// Writes a parcel.
    fn write(&self, route: Route, number: u64, parcel: &Parcel) -> io::Result<Segment> {
        let path = self.own.folder.join(file_name(route, number, parcel.items));
        self.own.disk.write(&path, &header(route, parcel.items, &parcel.body), &parcel.body)?;
        Ok(self.segment(path, size_on_disk(parcel.body.len()), &self.own))
    }

    fn segment(&self, path: PathBuf, size: u64, folder: &Arc<Owned>) -> Segment {
        self.bytes.fetch_add(size, Ordering::Relaxed);
        Segment { path, size, bytes: Arc::clone(&self.bytes), folder: Arc::clone(folder) }
    }

    /// Lets go of the folders of others from which nothing waits any more.
    fn tidy(&mut self) {
        self.adopted.retain(|owned| {
            let is_used = Arc::strong_count(owned) > 1;
            if !is_used {
                owned.remove_if_empty();
            }
            is_used
        });
    }
}

impl Drop for Spool {
    /// Leaves what is in it to the next process, and nothing if nothing is.
    fn drop(&mut self) {
        self.adopted.iter().chain([&self.own]).for_each(|owned| owned.remove_if_empty());
    }
}

impl Owned {
    /// The route, the items and the body of a segment, if it is there and whole.
    fn read(&self, path: &Path) -> io::Result<Option<(Route, u64, Bytes)>> {
        match self.disk.read(path) {
            Ok(bytes) => Ok(parse(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove_if_empty(&self) {
        let lock = self.folder.join(LOCK);
        if entries(&self.folder).iter().all(|path| *path == lock) {
            let _ = fs::remove_file(&lock);
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.locks.unlock(&self.folder);
    }
}

impl Segment {
    /// The encoded request; `Ok(None)` if it is damaged or gone, an error if it cannot be read at this time.
    pub(crate) fn read(&self) -> io::Result<Option<Bytes>> {
        Ok(self.folder.read(&self.path)?.map(|(_, _, body)| body))
    }

    /// Removes the file.
    pub(crate) fn remove(self) {
        let _ = self.folder.disk.remove(&self.path);
        self.bytes.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// Makes a folder whose name sorts by the time; a clock that was set back may show one at which there was one already.
fn own_folder(root: &Path, now: Duration) -> io::Result<PathBuf> {
    let mut time = now.as_nanos();
    loop {
        let folder = root.join(format!("{time:020}-{}", std::process::id()));
        match private_folder(&folder, false) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => time += 1,
            made => return made.map(|()| folder),
        }
    }
}

/// It sorts by age, and says what is in the file even if the file does not.
fn file_name(route: Route, number: u64, items: u64) -> String {
    format!("{number:020}-{}-{items}.otlp", route.key())
}

/// What is in a file by its name.
fn contents(path: &Path) -> Option<(Route, u64)> {
    let mut words = path.file_stem()?.to_str()?.split('-').skip(1);
    let (key, items) = (words.next()?, words.next()?);
    let mut spooled = Route::ALL.into_iter().filter(|route| route.is_spooled());
    Some((spooled.find(|route| route.key() == key)?, items.parse().ok()?))
}

fn header(route: Route, items: u64, body: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(MAGIC);
    header.push(u8::try_from(route.index()).unwrap_or(u8::MAX));
    header.extend_from_slice(&items.to_le_bytes());
    let checksum = Sha256::new().chain_update(&header).chain_update(body).finalize();
    header.extend_from_slice(&checksum);
    header
}

fn parse(bytes: Vec<u8>) -> Option<(Route, u64, Bytes)> {
    let (found, body) = bytes.split_at_checked(HEADER)?;
    let route = *Route::ALL.get(usize::from(*found.get(MAGIC.len())?))?;
    let items = u64::from_le_bytes(found.get(MAGIC.len() + 1..MAGIC.len() + 9)?.try_into().ok()?);
    (found == header(route, items, body)).then(|| (route, items, Bytes::from(bytes).slice(HEADER..)))
}

#[cfg(test)]
mod tests;
