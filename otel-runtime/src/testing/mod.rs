#![doc = include_str!("../../docs/testing.md")]

mod capture;
mod captured;
mod kept;
#[cfg(feature = "log")]
mod lines;
mod logs;
mod points;
mod spans;
#[cfg(feature = "inventory")]
mod unique;

use crate::context::FutureExt;

pub use self::capture::{Capture, CaptureBuilder, Current};
pub use self::captured::Captured;
#[cfg(feature = "log")]
pub use self::lines::install_log;
pub use self::logs::Log;
pub use self::points::{Point, PointValue};
pub use self::spans::Span;
#[cfg(feature = "inventory")]
pub use self::unique::assert_unique_span_names;

/// Runs `run`, and returns what it returns with what was recorded meanwhile.
///
/// ```
/// #[otel_runtime::traced]
/// fn add(one: u32, other: u32) -> u32 { one + other }
///
/// let (sum, captured) = otel_runtime::testing::capture(|| add(1, 2));
/// assert_eq!(sum, 3);
/// assert_eq!(captured.tree(), "add\n");
/// ```
pub fn capture<T>(run: impl FnOnce() -> T) -> (T, Captured) {
    Capture::builder().capture(run)
}

/// Runs `future`, and returns what it gives with what was recorded meanwhile.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// #[otel_runtime::traced]
/// async fn fetch() -> u32 { 7 }
///
/// let (fetched, captured) = otel_runtime::testing::capture_async(fetch()).await;
/// assert_eq!(fetched, 7);
/// assert_eq!(captured.tree(), "fetch\n");
/// # }
/// ```
pub async fn capture_async<F: Future>(future: F) -> (F::Output, Captured) {
    let capture = Capture::start();
    let returned = future.with_context(capture.context()).await;
    (returned, capture.finish())
}

/// Starts a capture of what runs on this thread until it is finished.
///
/// ```
/// #[otel_runtime::traced]
/// fn place_order() {}
///
/// let capture = otel_runtime::testing::start();
/// place_order();
/// assert_eq!(capture.finish().tree(), "place_order\n");
/// ```
///
/// Several may be open at a time: what is recorded goes to the one that was started last, and, once that is finished, to the one before it.
pub fn start() -> Current {
    Capture::start().into_current()
}
