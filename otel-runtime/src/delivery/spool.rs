//! What waits on disk, so that it survives the process: one file for each encoded request.
//!
//! A process has a folder of its own in the spool, with a lock that the system releases when the process ends in whatever way. What it leaves
//! there is adopted by the next process that starts. A file is whole or not there, because it is renamed when it is written; should it be
//! damaged all the same, its checksum says so, and it is removed, counted and never sent. What is written survives the process, not a loss
//! of power: nothing waits for the disk itself.

mod writer;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Signal;
use super::queue::Parcel;

pub(super) use writer::Writer;

/// The folder of this process in the spool.
#[derive(Debug)]
pub(crate) struct Spool {
    own: Arc<Owned>,
    /// The bytes of all segments there are.
    bytes: Arc<AtomicU64>,
    max_bytes: u64,
}

/// A folder that is ours while its lock is: that of this process, or one that another has left. It is removed with the last that is in it.
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
    _folder: Arc<Owned>,
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
        private_folder(root, true)?;
        let guard = Guard::of(root)?;
        check_owner(root, &guard.0)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let folder = root.join(format!("{:020}-{}", now.as_nanos(), std::process::id()));
        private_folder(&folder, false)?;
        let lock = private_file(&folder.join(LOCK), true).map_err(|error| at(&folder, &error))?;
        lock.try_lock().map_err(|error| at(&folder, &io::Error::from(error)))?;
        Ok(Self { own: Arc::new(Owned { folder, _lock: lock }), bytes: Arc::default(), max_bytes })
    }

    /// Takes over what processes have left that have ended.
    pub(crate) fn adopt(&self) -> Found {
        let mut found = Found::default();
        let Some(root) = self.own.folder.parent() else { return found };
        for owned in self.take_over(root).unwrap_or_default() {
            self.adopt_from(&Arc::new(owned), &mut found);
        }
        found
    }

    /// The folders of processes that have ended, which are ours from now on.
    fn take_over(&self, root: &Path) -> io::Result<Vec<Owned>> {
        let guard = Guard::of(root)?;
        let folders = entries(root).into_iter().filter(|folder| *folder != self.own.folder);
        let own =
            folders.filter(|folder| folder.symlink_metadata().is_ok_and(|found| found.is_dir()) && check_owner(folder, &guard.0).is_ok());
        let taken = own.filter_map(|folder| {
            // Without a lock, its process got no further than to make it.
            let Ok(lock) = OpenOptions::new().write(true).open(folder.join(LOCK)) else {
                let _ = fs::remove_dir(&folder);
                return None;
            };
            lock.try_lock().ok()?;
            Some(Owned { folder, _lock: lock })
        });
        Ok(taken.collect())
    }

    fn adopt_from(&self, owned: &Arc<Owned>, found: &mut Found) {
        for path in entries(&owned.folder) {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("otlp") => match read(&path) {
                    Ok(Some((signal, items, body))) => {
                        let size = (HEADER + body.len()) as u64;
                        found.segments.push((signal, items, self.segment(path, size, owned)));
                    }
                    Ok(None) => {
                        found.damaged += 1;
                        let _ = fs::remove_file(&path);
                    }
                    // What cannot be read now may be readable for the next process.
                    Err(_) => {}
                },
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
        let path = self.own.folder.join(format!("{number:020}.otlp"));
        let part = path.with_extension("part");
        let written = private_file(&part, true).and_then(|mut file| {
            file.write_all(&header(signal, parcel.items, &parcel.body))?;
            file.write_all(&parcel.body)?;
            fs::rename(&part, &path)
        });
        if let Err(error) = written {
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        Ok(self.segment(path, (HEADER + parcel.body.len()) as u64, &self.own))
    }

    fn segment(&self, path: PathBuf, size: u64, folder: &Arc<Owned>) -> Segment {
        self.bytes.fetch_add(size, Ordering::Relaxed);
        Segment { path, size, bytes: Arc::clone(&self.bytes), _folder: Arc::clone(folder) }
    }
}

impl Drop for Owned {
    /// Leaves what is in it to the next process, and nothing if nothing is.
    fn drop(&mut self) {
        let lock = self.folder.join(LOCK);
        if entries(&self.folder).iter().all(|path| *path == lock) {
            let _ = fs::remove_file(&lock);
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// While it lives, no other process makes or takes over a folder in the spool.
struct Guard(File);

impl Guard {
    fn of(root: &Path) -> io::Result<Self> {
        let guard = private_file(&root.join(LOCK), false).map_err(|error| at(root, &error))?;
        guard.lock().map_err(|error| at(root, &error))?;
        Ok(Self(guard))
    }
}

impl Segment {
    /// The encoded request; `Ok(None)` if it is damaged or gone, an error if it cannot be read at this time.
    pub(crate) fn read(&self) -> io::Result<Option<Bytes>> {
        Ok(read(&self.path)?.map(|(_, _, body)| body))
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

/// The signal, the items and the body of a segment, if it is there and whole.
fn read(path: &Path) -> io::Result<Option<(Signal, u64, Bytes)>> {
    match fs::read(path) {
        Ok(bytes) => Ok(parse(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(bytes: Vec<u8>) -> Option<(Signal, u64, Bytes)> {
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

/// Makes a folder that is for nobody else; with those above it, and unless it is there, if it is the root.
fn private_folder(path: &Path, is_root: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(is_root);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| at(path, &error))
}

/// Opens a file that is for nobody else; a new one, or the one that is there.
fn private_file(path: &Path, is_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).create_new(is_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder of somebody else's, or one that others may write into, could be made to hold anything.
#[cfg(unix)]
fn check_owner(folder: &Path, own_file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let (found, own) = (fs::metadata(folder)?, own_file.metadata()?);
    let complaint = if found.uid() != own.uid() {
        "it belongs to another user"
    } else if found.mode() & 0o022 != 0 {
        "others may write into it"
    } else {
        return Ok(());
    };
    Err(at(folder, &io::Error::new(io::ErrorKind::PermissionDenied, complaint)))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
