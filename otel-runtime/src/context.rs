//! Carrying context to where it does not go by itself.
//!
//! The one carrier is [`opentelemetry::Context`]: a span of ours is the parent of a span that the plain API makes inside it, and the other
//! way round. Context follows calls and `.await`s. A task that is spawned starts without; give it the current one with
//! [`FutureExt::with_current_context`]:
//!
//! ```
//! use otel_runtime::context::FutureExt;
//! use otel_runtime::traced;
//!
//! #[traced]
//! async fn send_mail() {}
//!
//! #[traced]
//! async fn checkout() {
//!     tokio::spawn(send_mail().with_current_context());
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() { checkout().await }
//! ```

pub use opentelemetry::Context;
pub use opentelemetry::context::FutureExt;
