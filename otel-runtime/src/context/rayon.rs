//! Rayon's pools (feature `rayon`), with every piece of work in the context that is current where it is given away.
//!
//! A thread of a pool that waits takes on work of others meanwhile. What is given away here has a context of its own, so nothing becomes the child
//! of whatever happens to be waiting on that thread. Iterators take a closure that is [wrapped](super::wrap_each):
//! `articles.par_iter().map(context::wrap_each(price)).sum()`; and a pool one that is [wrapped](super::wrap): `pool.install(context::wrap(run))`.

use std::fmt;

use opentelemetry::Context;

use super::wrap;
use crate::thread;

/// As `rayon::spawn`, in the context that is current now.
pub fn spawn(run: impl FnOnce() + Send + 'static) {
    rayon_core::spawn(wrap(run));
}

/// As `rayon::join`, both in the context that is current now.
///
/// ```
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// fn sum(numbers: &[u64]) -> u64 {
///     match numbers {
///         [] => 0,
///         [number] => *number,
///         _ => {
///             let (left, right) = numbers.split_at(numbers.len() / 2);
///             let (left, right) = context::rayon::join(|| sum(left), || sum(right));
///             left + right
///         }
///     }
/// }
/// # assert_eq!(sum(&[1, 2, 3]), 6);
/// ```
pub fn join<A: Send, B: Send>(left: impl FnOnce() -> A + Send, right: impl FnOnce() -> B + Send) -> (A, B) {
    rayon_core::join(wrap(left), wrap(right))
}

/// As `rayon::scope`, for work that may borrow, each piece in the context that is current where it is given away.
///
/// ```
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// fn count(article: &mut u64) {
///     *article += 1;
/// }
///
/// let mut articles = [1, 2, 3];
/// context::rayon::scope(|scope| {
///     for article in &mut articles {
///         scope.spawn(move |_| count(article));
///     }
/// });
/// assert_eq!(articles, [2, 3, 4]);
/// ```
pub fn scope<'scope, T: Send>(run: impl for<'a> FnOnce(Scope<'a, 'scope>) -> T + Send) -> T {
    let context = Context::current();
    rayon_core::scope(move |scope| {
        let _attached = thread::attach(&context);
        run(Scope(scope))
    })
}

/// Where [`scope`] gives work away.
#[derive(Clone, Copy)]
pub struct Scope<'a, 'scope>(&'a rayon_core::Scope<'scope>);

impl<'scope> Scope<'_, 'scope> {
    /// As `rayon::Scope::spawn`, in the context that is current now.
    pub fn spawn(self, run: impl for<'a> FnOnce(Scope<'a, 'scope>) + Send + 'scope) {
        let context = Context::current();
        self.0.spawn(move |scope| {
            let _attached = thread::attach(&context);
            run(Scope(scope));
        });
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").finish_non_exhaustive()
    }
}
