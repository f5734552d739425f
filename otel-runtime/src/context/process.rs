//! Context of child processes.

use std::process::Command;

use opentelemetry::Context;

use super::extract;
use crate::pipeline;
use crate::propagation::{EnvironmentExtractor, Variables};

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
        let fields: Vec<String> = pipeline::propagate(context, |propagator| {
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
