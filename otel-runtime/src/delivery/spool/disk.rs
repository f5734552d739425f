//! What a spool does to files and folders.

use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is done to segments, which can take as long as a disk takes. A test has one that hangs.
pub(super) trait Disk: fmt::Debug + Send + Sync {
    /// Writes a file that is whole or not there.
    fn write(&self, path: &Path, head: &[u8], body: &[u8]) -> io::Result<()>;

    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system.
#[derive(Debug)]
pub(super) struct Files;

impl Disk for Files {
    fn write(&self, path: &Path, head: &[u8], body: &[u8]) -> io::Result<()> {
        let part = path.with_extension("part");
        let written = private_file(&part, true).and_then(|mut file| {
            file.write_all(head)?;
            file.write_all(body)?;
            fs::rename(&part, path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// What is in a folder, sorted by name, which is by age.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

pub(super) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Makes a folder that is for nobody else; with those above it, and unless it is there, if it is the root.
pub(super) fn private_folder(path: &Path, is_root: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(is_root);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| at(path, &error))
}

/// Opens a file that is for nobody else; a new one, or the one that is there.
pub(super) fn private_file(path: &Path, is_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).create_new(is_new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder of somebody else's, or one that others may write into, could be made to hold anything.
#[cfg(unix)]
pub(super) fn check_owner(folder: &Path, own: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let found = fs::metadata(folder)?;
    let complaint = if found.uid() != own.uid() {
        "it belongs to another user"
    } else if found.mode() & 0o022 != 0 {
        "others may write into it; give it a folder of its own, with mode 700"
    } else {
        return Ok(());
    };
    Err(at(folder, &io::Error::new(io::ErrorKind::PermissionDenied, complaint)))
}

#[cfg(not(unix))]
pub(super) fn check_owner(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}
