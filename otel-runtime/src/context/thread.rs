//! Threads that start within the context of whoever starts them.
//!
//! A thread that needs a name or a stack of its own takes a closure that is [wrapped](super::wrap):
//!
//! ```
//! use otel_runtime::context;
//!
//! let thread = std::thread::Builder::new().name("report".to_owned()).spawn(context::wrap(|| 7))?;
//! assert_eq!(thread.join().unwrap(), 7);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::thread::{self, JoinHandle, ScopedJoinHandle};

use super::wrap;

/// As [`std::thread::spawn`], in the context that is current now.
///
/// ```
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// fn compress() {}
///
/// #[traced]
/// fn archive() {
///     let thread = context::thread::spawn(compress);
///     thread.join().unwrap();
/// }
/// # archive();
/// ```
///
/// # Panics
///
/// As that does, where no thread can be started.
pub fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::spawn(wrap(run))
}

/// As [`std::thread::scope`], for threads that may borrow, each in the context that is current where it is started.
///
/// ```
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// fn sum(numbers: &[u64]) -> u64 {
///     numbers.iter().sum()
/// }
///
/// #[traced]
/// fn sum_in_halves(numbers: &[u64]) -> u64 {
///     let (left, right) = numbers.split_at(numbers.len() / 2);
///     context::thread::scope(|scope| {
///         let left = scope.spawn(|| sum(left));
///         sum(right) + left.join().unwrap()
///     })
/// }
/// # assert_eq!(sum_in_halves(&[1, 2, 3]), 6);
/// ```
///
/// # Panics
///
/// As that does, if a thread panicked that was not joined.
pub fn scope<'env, T>(run: impl for<'scope> FnOnce(Scope<'scope, 'env>) -> T) -> T {
    thread::scope(|scope| run(Scope(scope)))
}

/// Where [`scope`] starts its threads.
#[derive(Clone, Copy)]
pub struct Scope<'scope, 'env: 'scope>(&'scope thread::Scope<'scope, 'env>);

impl<'scope> Scope<'scope, '_> {
    /// As [`std::thread::Scope::spawn`], in the context that is current now.
    ///
    /// # Panics
    ///
    /// As that does, where no thread can be started.
    pub fn spawn<T: Send + 'scope>(self, run: impl FnOnce() -> T + Send + 'scope) -> ScopedJoinHandle<'scope, T> {
        self.0.spawn(wrap(run))
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").finish_non_exhaustive()
    }
}
