//! What waits on disk, so that it survives the process: one file for each encoded request.
//!
//! A process has a folder of its own in the spool, with a lock that the system releases when the process ends in whatever way. What it leaves
//! there is adopted by the next process that starts. A file is whole or not there, because it is renamed when it is written; should it be
//! damaged all the same, its checksum says so, and it is removed, counted and never sent. What is written survives the process, not a loss
//! of power: nothing waits for the disk itself.

mod writer;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Signal;
use super::queue::Parcel;

pub(super) use writer::Writer;

/// The folder of this process in the spool, and those that it has adopted.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// The bytes of all segments there are.
    bytes: Arc<AtomicU64>,
    max_bytes: u64,
    /// The folder, and those that other processes left, locked while something of them may be sent by this one.
    owned: Mutex<Vec<Owned>>,
}

/// A folder that is ours while its lock is.
#[derive(Debug)]
struct Owned {
    folder: PathBuf,
    _lock: File,
}

/// One encoded request on disk. Its file stays until it is removed.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    size: u64,
    bytes: Arc<AtomicU64>,
}

/// What was found in the folders of processes that have ended.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order in which it was written.
    pub(crate) segments: Vec<(Signal, u64, Segment)>,
    /// Files that were cut off or damaged.
    pub(crate) damaged: u64,
}

const LOCK: &str = "lock";
const MAGIC: &[u8; 8] = b"otelspl1";
/// The magic, the signal, the items and the checksum of these and the body.
const HEADER: usize = 8 + 1 + 8 + 32;

impl Spool {
    /// Opens the spool in `root`, which is made if it is not there.
    pub(crate) fn open(root: &Path, max_bytes: u64) -> io::Result<Self> {
        private_folder(root)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let folder = root.join(format!("{:020}-{}", now.as_nanos(), std::process::id()));
        DirBuilder::new().create(&folder).map_err(|error| at(&folder, &error))?;
        let lock = private_file(&folder.join(LOCK)).map_err(|error| at(&folder, &error))?;
        lock.try_lock().map_err(|error| at(&folder, &io::Error::from(error)))?;
        check_owner(root, &lock)?;
        let owned = Mutex::new(vec![Owned { folder: folder.clone(), _lock: lock }]);
        Ok(Self { folder, bytes: Arc::default(), max_bytes, owned })
    }

    /// Takes over what processes have left that have ended.
    pub(crate) fn adopt(&self) -> Found {
        let mut found = Found::default();
        let Some(root) = self.folder.parent() else { return found };
        for folder in entries(root).into_iter().filter(|folder| *folder != self.folder && folder.is_dir()) {
            // A folder without a lock is being made at this moment, or was left by a process that got no further.
            let Ok(lock) = OpenOptions::new().write(true).open(folder.join(LOCK)) else {
                let _ = fs::remove_dir(&folder);
                continue;
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
            }
            let owned = Owned { folder, _lock: lock };
            self.adopt_from(&owned.folder, &mut found);
            self.owned.lock().unwrap_or_else(PoisonError::into_inner).push(owned);
        }
        found
    }

    fn adopt_from(&self, folder: &Path, found: &mut Found) {
        for path in entries(folder) {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("otlp") => {
                    if let Some((signal, items, body)) = read(&path) {
                        let size = (HEADER + body.len()) as u64;
                        found.segments.push((signal, items, self.segment(path, size)));
                    } else {
                        found.damaged += 1;
                        let _ = fs::remove_file(&path);
                    }
                }
                // Cut off while it was written; what was in it was never accepted as spooled.
                Some("part") => drop(fs::remove_file(&path)),
                _ => {}
            }
        }
    }

    /// Whether so many bytes more would be too many.
    fn is_full(&self, more: u64) -> bool {
        self.bytes.load(Ordering::Relaxed).saturating_add(more) > self.max_bytes
    }

    /// Writes a parcel.
    fn write(&self, signal: Signal, number: u64, parcel: &Parcel) -> io::Result<Segment> {
        let path = self.folder.join(format!("{number:020}.otlp"));
        let part = path.with_extension("part");
        let written = private_file(&part).and_then(|mut file| {
            file.write_all(&header(signal, parcel.items, &parcel.body))?;
            file.write_all(&parcel.body)?;
            fs::rename(&part, &path)
        });
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        Ok(self.segment(path, (HEADER + parcel.body.len()) as u64))
    }

    fn segment(&self, path: PathBuf, size: u64) -> Segment {
        self.bytes.fetch_add(size, Ordering::Relaxed);
        Segment { path, size, bytes: Arc::clone(&self.bytes) }
    }

    /// Removes the folders with nothing left in them, and leaves the others to the next process. Called when nothing is written any more.
    pub(crate) fn close(&self) {
        let owned = std::mem::take(&mut *self.owned.lock().unwrap_or_else(PoisonError::into_inner));
        for owned in owned {
            owned.remove_if_empty();
        }
    }
}

impl Owned {
    fn remove_if_empty(&self) {
        let lock = self.folder.join(LOCK);
        if entries(&self.folder).iter().all(|path| *path == lock) {
            let _ = fs::remove_file(&lock);
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

impl Segment {
    /// The encoded request; `None` if it is damaged or gone.
    pub(crate) fn read(&self) -> Option<Bytes> {
        read(&self.path).map(|(_, _, body)| body)
    }

    /// Removes the file.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
        self.bytes.fetch_sub(self.size, Ordering::Relaxed);
    }
}

fn header(signal: Signal, items: u64, body: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(MAGIC);
    header.push(signal as u8);
    header.extend_from_slice(&items.to_le_bytes());
    let checksum = Sha256::new().chain_update(&header).chain_update(body).finalize();
    header.extend_from_slice(&checksum);
    header
}

/// The signal, the items and the body of a segment that is whole.
fn read(path: &Path) -> Option<(Signal, u64, Bytes)> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    let (found, body) = bytes.split_at_checked(HEADER)?;
    let signal = *Signal::ALL.get(usize::from(*found.get(MAGIC.len())?))?;
    let items = u64::from_le_bytes(found.get(MAGIC.len() + 1..MAGIC.len() + 9)?.try_into().ok()?);
    (found == header(signal, items, body)).then(|| (signal, items, Bytes::from(bytes).slice(HEADER..)))
}

/// What is in a folder, sorted by name, which is by age.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes a folder that is for nobody else, with those above it.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| at(path, &error))
}

/// Makes a file that is for nobody else.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder of somebody else's, or one that others may write into, could be made to hold anything.
#[cfg(unix)]
fn check_owner(root: &Path, own_file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let (folder, own) = (fs::metadata(root)?, own_file.metadata()?);
    let complaint = if folder.uid() != own.uid() {
        "it belongs to another user"
    } else if folder.mode() & 0o022 != 0 {
        "others may write into it"
    } else {
        return Ok(());
    };
    Err(at(root, &io::Error::new(io::ErrorKind::PermissionDenied, complaint)))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
