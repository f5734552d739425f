//! The account of an exporter that keeps none of its own, as the delivery does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::operations::Operations;

/// What an exporter was given, and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Account {
    inflight: AtomicU64,
    exported: AtomicU64,
    failed: AtomicU64,
    pub(crate) operations: Operations,
}

/// What is counted of metrics that are scraped.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "prometheus"), allow(dead_code, reason = "nothing is scraped"))]
pub(crate) struct Scrapes {
    pub(crate) exporter: Arc<Account>,
    pub(crate) reader: Arc<Operations>,
}

/// Items that an exporter has. Dropped, they are exported, unless that has [failed](Self::fail).
#[derive(Debug)]
pub(crate) struct Held {
    account: Arc<Account>,
    items: u64,
    is_lost: AtomicBool,
}

impl Account {
    /// An exporter is given items.
    pub(crate) fn hold(self: &Arc<Self>, items: u64) -> Held {
        self.inflight.fetch_add(items, Ordering::Relaxed);
        Held { account: Arc::clone(self), items, is_lost: AtomicBool::new(false) }
    }

    /// The same, all of which are exported at once.
    fn export(self: &Arc<Self>, items: u64, export: impl FnOnce() -> io::Result<()>) {
        let held = self.hold(items);
        let began = Instant::now();
        let failed = export().is_err();
        if failed {
            held.fail();
        }
        self.operations.done(|| began.elapsed(), None, failed.then_some(IO_ERROR.into()));
    }

    pub(crate) fn inflight(&self) -> u64 {
        self.inflight.load(Ordering::Relaxed)
    }

    pub(crate) fn exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Everything that it was ever given.
    pub(crate) fn taken(&self) -> u64 {
        self.inflight() + self.exported() + self.failed()
    }
}

/// Exports items at once, and counts them if somebody wants that.
pub(crate) fn counted(account: Option<&Arc<Account>>, items: impl FnOnce() -> u64, export: impl FnOnce() -> io::Result<()>) {
    match account {
        Some(account) => account.export(items(), export),
        // Whoever writes has said what went wrong.
        None => drop(export()),
    }
}

/// The `error.type` of what could not be written.
pub(crate) const IO_ERROR: &str = "io_error";

impl Held {
    /// What measures the operations of whoever has them.
    pub(crate) fn operations(&self) -> &Operations {
        &self.account.operations
    }

    /// They could not be exported.
    pub(crate) fn fail(&self) {
        self.is_lost.store(true, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let done = if *self.is_lost.get_mut() { &self.account.failed } else { &self.account.exported };
        done.fetch_add(self.items, Ordering::Relaxed);
        self.account.inflight.fetch_sub(self.items, Ordering::Relaxed);
    }
}
