//! Tokio's tasks.

use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use super::within::FutureExt;
use super::wrap;

/// As [`tokio::spawn`], with the task in the context that is current now.
///
/// ```
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// async fn send_mail() {}
///
/// #[traced]
/// async fn checkout() {
///     context::spawn(send_mail()); // its span is a child of that of checkout, and may outlive it
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() { checkout().await }
/// ```
///
/// # Panics
///
/// As that does, outside of a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future.with_current_context())
}

/// As [`tokio::task::spawn_blocking`], with the closure in the context that is current now.
///
/// # Panics
///
/// As that does, outside of a runtime.
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(wrap(run))
}

/// As [`tokio::task::spawn_local`], with the task in the context that is current now.
///
/// # Panics
///
/// As that does, outside of a `LocalSet`.
#[track_caller]
pub fn spawn_local<F: Future<Output: 'static> + 'static>(future: F) -> JoinHandle<F::Output> {
    tokio::task::spawn_local(future.with_current_context())
}

/// Tasks of a [`JoinSet`] within the context that is current where they are spawned.
///
/// ```
/// use otel_runtime::context::JoinSetExt;
/// use otel_runtime::traced;
/// use tokio::task::JoinSet;
///
/// #[traced(fields(shop.article = article))]
/// async fn price(article: u64) -> u64 {
///     100 * article
/// }
///
/// #[traced]
/// async fn total(articles: Vec<u64>) -> u64 {
///     let mut prices = JoinSet::new();
///     for article in articles {
///         prices.spawn_in_current_context(price(article));
///     }
///     prices.join_all().await.into_iter().sum()
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() { assert_eq!(total(vec![1, 2]).await, 300) }
/// ```
pub trait JoinSetExt<T> {
    /// As [`JoinSet::spawn`].
    ///
    /// # Panics
    ///
    /// As that does, outside of a runtime.
    fn spawn_in_current_context<F: Future<Output = T> + Send + 'static>(&mut self, future: F) -> AbortHandle
    where
        T: Send;

    /// As [`JoinSet::spawn_blocking`].
    ///
    /// # Panics
    ///
    /// As that does, outside of a runtime.
    fn spawn_blocking_in_current_context(&mut self, run: impl FnOnce() -> T + Send + 'static) -> AbortHandle
    where
        T: Send;

    /// As [`JoinSet::spawn_local`].
    ///
    /// # Panics
    ///
    /// As that does, outside of a `LocalSet`.
    fn spawn_local_in_current_context<F: Future<Output = T> + 'static>(&mut self, future: F) -> AbortHandle;
}

impl<T: 'static> JoinSetExt<T> for JoinSet<T> {
    #[track_caller]
    fn spawn_in_current_context<F: Future<Output = T> + Send + 'static>(&mut self, future: F) -> AbortHandle
    where
        T: Send,
    {
        self.spawn(future.with_current_context())
    }

    #[track_caller]
    fn spawn_blocking_in_current_context(&mut self, run: impl FnOnce() -> T + Send + 'static) -> AbortHandle
    where
        T: Send,
    {
        self.spawn_blocking(wrap(run))
    }

    #[track_caller]
    fn spawn_local_in_current_context<F: Future<Output = T> + 'static>(&mut self, future: F) -> AbortHandle {
        self.spawn_local(future.with_current_context())
    }
}
