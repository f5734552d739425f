//! The message of a panic, for the spans that it unwinds through.
//!
//! A guard that is dropped while its thread unwinds cannot see the panic's payload, so a hook, put before the one that is there, keeps the
//! last message of each thread.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::clock::Moment;

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    /// Whether there was one, which everything that starts asks.
    static IS_KEPT: Cell<bool> = const { Cell::new(false) };
}

/// A panic.
struct Last {
    /// Before anything was said of it, which takes its time.
    at: Moment,
    message: Option<String>,
}

/// Puts the hook in place, once for the process; the hook that was there is called after it.
pub(crate) fn remember_messages() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            remember(info);
            next(info);
        }));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let at = Moment::now();
    let payload = info.payload();
    let literal = payload.downcast_ref::<&'static str>().map(|text| (*text).to_owned());
    let message = literal.or_else(|| payload.downcast_ref::<String>().cloned());
    // Neither a thread that is ending nor a panic within this module may turn into a second panic.
    IS_KEPT.set(true);
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = Some(Last { at, message })));
}

/// Forgets the last message, unless the panic is under way: what starts now cannot have been ended by it.
#[inline]
pub(crate) fn forget() {
    if IS_KEPT.get() {
        forget_kept();
    }
}

#[cold]
fn forget_kept() {
    if std::thread::panicking() {
        return;
    }
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = None;
            IS_KEPT.set(false);
        }
    });
}

/// Runs code of the user's that is run only because something is recorded; `None` if it panics. What is recorded of a call must not end it, and
/// the panic hook has said what happened.
pub(crate) fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    if result.is_err() {
        forget();
    }
    result.ok()
}

/// The message of this thread's last panic, if it had a text.
pub(crate) fn message() -> Option<String> {
    last(|last| last.message.clone()).flatten()
}

/// When this thread panicked last.
pub(crate) fn moment() -> Option<Moment> {
    last(|last| last.at)
}

fn last<T>(read: impl FnOnce(&Last) -> T) -> Option<T> {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.as_ref().map(read))).ok().flatten()
}
