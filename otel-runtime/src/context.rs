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
//!
//! To other processes context goes in the formats of `OTEL_PROPAGATORS` ([`propagation`](crate::propagation)): with [`inject`] and [`extract`] in
//! whatever carries text by names, such as headers, and with [`CommandExt`] and [`from_environment`] to a child process.

use std::process::Command;

use opentelemetry::global;
use opentelemetry::propagation::{Extractor, Injector};

pub use opentelemetry::Context;
pub use opentelemetry::context::FutureExt;

use crate::propagation::{EnvironmentExtractor, Variables};

/// Writes the current context into a carrier.
///
/// ```
/// use std::collections::HashMap;
///
/// let mut headers = HashMap::new();
/// otel_runtime::context::inject(&mut headers);
/// # assert!(headers.is_empty());
/// ```
///
/// Where there is nothing to say, nothing is written. What a carrier already has under these names is replaced, but not taken away.
pub fn inject(carrier: &mut dyn Injector) {
    inject_context(&Context::current(), carrier);
}

/// As [`inject`], of any context.
pub fn inject_context(context: &Context, carrier: &mut dyn Injector) {
    global::get_text_map_propagator(|propagator| propagator.inject_context(context, carrier));
}

/// The current context with what a carrier has: its span as the parent, and its baggage. Where it has nothing, or nothing valid, it is the current
/// context as it is.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::context;
/// use otel_runtime::traced;
///
/// #[traced(kind = server, parent = context::extract(headers))]
/// fn handle(headers: &HashMap<String, String>) {}
/// # handle(&HashMap::new());
/// ```
///
/// The names in a `HashMap` have to be in lower case; of an [`http::HeaderMap`], use [`HeaderExtractor`](crate::propagation::HeaderExtractor).
#[must_use]
pub fn extract(carrier: &dyn Extractor) -> Context {
    // Not under the borrow of the current context: the carrier is somebody's own code.
    let current = Context::current();
    global::get_text_map_propagator(|propagator| propagator.extract_with_context(&current, carrier))
}

/// The current context with what the environment of this process has: the span that started it as the parent, if that used [`CommandExt`] or
/// anything else that follows the [specification](https://opentelemetry.io/docs/specs/otel/context/env-carriers/).
///
/// Nothing reads it by itself, because only the program knows whether it does one piece of work for whoever started it, or serves many. One that
/// does, calls it once, at the start:
///
/// ```no_run
/// use otel_runtime::{context, traced};
///
/// #[traced]
/// fn convert() {}
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let telemetry = otel_runtime::init()?;
///     {
///         let _attached = context::from_environment().attach();
///         convert();
///     }
///     telemetry.shutdown()?;
///     Ok(())
/// }
/// ```
#[must_use]
pub fn from_environment() -> Context {
    extract(&EnvironmentExtractor::current())
}

/// Gives context to a child process.
///
/// ```no_run
/// use std::process::Command;
///
/// use otel_runtime::context::CommandExt;
///
/// #[otel_runtime::traced]
/// fn convert() -> std::io::Result<()> {
///     Command::new("convert").arg("picture.png").in_current_context().status()?;
///     Ok(())
/// }
/// ```
///
/// For Tokio's commands:
///
/// ```no_run
/// # use otel_runtime::context::CommandExt;
/// let mut command = tokio::process::Command::new("convert");
/// command.as_std_mut().in_current_context();
/// ```
///
/// The child has it in its environment, where everybody sees it who may see that process: no place for baggage that is secret.
pub trait CommandExt {
    /// Has the process start in this context, as far as it looks for one: see [`from_environment`]. It sees of it what it is now, and nothing of
    /// what this process was started with.
    fn in_context(&mut self, context: &Context) -> &mut Self;

    /// Has the process start in the context that is current now.
    fn in_current_context(&mut self) -> &mut Self {
        self.in_context(&Context::current())
    }
}

impl CommandExt for Command {
    fn in_context(&mut self, context: &Context) -> &mut Self {
        let mut variables = Variables::default();
        let fields: Vec<String> = global::get_text_map_propagator(|propagator| {
            propagator.inject_context(context, &mut variables);
            propagator.fields().map(Variables::name).collect()
        });
        // What came from elsewhere and is not replaced would stand beside what belongs to another trace.
        for name in fields {
            self.env_remove(name);
        }
        self.envs(variables.0)
    }
}
