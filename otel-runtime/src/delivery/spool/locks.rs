//! Locks of files, which a forked child has copies of.
//!
//! The system takes a lock away when the last copy of its file is closed. A child would keep what its parent has locked for as long as it lives,
//! and even wait for that itself. So each file is known here before it is locked, and a child that notices that it is one closes its copies.

use std::collections::HashMap;
use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::disk::{at, private_file};

/// The name of the file that is locked for the folder that it is in.
pub(super) const LOCK: &str = "lock";

/// What a spool has locked, by folder.
#[derive(Debug, Default)]
pub(super) struct Locks(Mutex<HashMap<PathBuf, File>>);

/// Those of all spools, with the process that opened each.
static ALL: Mutex<Vec<(u32, Weak<Locks>)>> = Mutex::new(Vec::new());

impl Locks {
    pub(super) fn of_this_process() -> Arc<Self> {
        let locks = Arc::<Self>::default();
        // Where two spools are opened at one moment, one of them may be left out, and is kept locked by children that are forked off.
        if let Ok(mut all) = ALL.try_lock() {
            all.push((std::process::id(), Arc::downgrade(&locks)));
        }
        locks
    }

    fn held(&self) -> MutexGuard<'_, HashMap<PathBuf, File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks a file for a folder, if nobody else has.
    pub(super) fn lock(&self, folder: &Path, file: File) -> Result<(), TryLockError> {
        let mut held = self.held();
        let locked = held.entry(folder.to_owned()).insert_entry(file).get().try_lock();
        if locked.is_err() {
            held.remove(folder);
        }
        locked
    }

    pub(super) fn unlock(&self, folder: &Path) {
        // In a forked child, nobody may be there to unlock this itself.
        if let Ok(mut held) = self.0.try_lock() {
            held.remove(folder);
        }
    }
}

/// While it lives, no other process makes or takes over a folder in the spool.
pub(super) struct Guard<'a> {
    root: &'a Path,
    locks: &'a Locks,
    /// Of a file of ours.
    pub(super) own: Metadata,
}

/// How long another process may make or take over folders.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is asked whether it is done.
const ASK: Duration = Duration::from_millis(2);

impl<'a> Guard<'a> {
    pub(super) fn of(root: &'a Path, locks: &'a Locks) -> io::Result<Self> {
        let began = Instant::now();
        loop {
            let guard = private_file(&root.join(LOCK), false).map_err(|error| at(root, &error))?;
            let own = guard.metadata().map_err(|error| at(root, &error))?;
            match locks.lock(root, guard) {
                Ok(()) => return Ok(Self { root, locks, own }),
                // Never held while it is waited, so that a child finds it free.
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => thread::sleep(ASK),
                Err(error) => return Err(at(root, &error.into())),
            }
        }
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.locks.unlock(self.root);
    }
}

/// Lets go, in a forked child, of what its parent has locked. The parent's own copies stay as they are.
pub(in crate::delivery) fn leave_to_the_parent() {
    // Nobody may be there to unlock what was locked at the moment of the fork.
    let Ok(mut all) = ALL.try_lock() else { return };
    let process = std::process::id();
    all.retain(|(opened_by, locks)| {
        let Some(locks) = locks.upgrade() else { return false };
        if *opened_by != process
            && let Ok(mut held) = locks.0.try_lock()
        {
            held.clear();
        }
        *opened_by == process
    });
}
