//! AWS Lambda, with the crate [`lambda_runtime`](https://docs.rs/lambda_runtime) (feature `lambda`).
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use otel_runtime::faas::{Trigger, lambda};
//!
//! async fn check_out(event: LambdaEvent<String>) -> Result<String, Error> {
//!     Ok(event.payload)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let telemetry = otel_runtime::init()?;
//!     lambda_runtime::run(lambda::handler(&telemetry, service_fn(check_out)).trigger(Trigger::Http)).await
//! }
//! ```
//!
//! The span of an invocation is the child of the one that Lambda names in the format of X-Ray, if `OTEL_PROPAGATORS` has `xray`: leave it out where traces do
//! not go to X-Ray, because the spans that stand above are Lambda's own.

use std::collections::HashMap;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, UNIX_EPOCH};

use lambda_runtime::{Config, Context, LambdaEvent};
use tower_service::Service;

use super::{Invocation, Invocations, Trigger};
use crate::semconv::faas as semconv;
use crate::{Telemetry, context};

/// The header that Lambda has from X-Ray.
const XRAY: &str = "x-amzn-trace-id";

/// Records the invocations of a handler, and delivers what they recorded before each answer: see the [module](self).
#[must_use]
pub fn handler<S>(telemetry: &Telemetry, handler: S) -> Handler<S> {
    let invocations = Invocations::new(telemetry, "");
    Handler { handler, invocations }
}

/// A handler whose invocations are recorded: see [`handler`].
#[derive(Clone, Debug)]
pub struct Handler<S> {
    handler: S,
    invocations: Invocations,
}

impl<S> Handler<S> {
    /// What has Lambda run the function; by default anything else than what has a name.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.invocations = self.invocations.trigger(trigger);
        self
    }

    /// How long an invocation waits at most for what it recorded to be delivered; by default a second.
    #[must_use]
    pub fn flush_at_most(mut self, timeout: Duration) -> Self {
        self.invocations = self.invocations.flush_at_most(timeout);
        self
    }
}

impl<S, A> Service<LambdaEvent<A>> for Handler<S>
where
    S: Service<LambdaEvent<A>>,
    S::Response: Send,
    S::Error: Display + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.handler.poll_ready(task)
    }

    fn call(&mut self, event: LambdaEvent<A>) -> Self::Future {
        let Context { request_id, invoked_function_arn, xray_trace_id, deadline, env_config, .. } = &event.context;
        let Config { function_name, version, .. } = &**env_config;
        let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(*deadline)).filter(|_| *deadline > 0);
        let sent: HashMap<String, String> = xray_trace_id.iter().map(|id| (XRAY.to_owned(), id.clone())).collect();
        let invocation = Invocation { id: Some(request_id.clone()), parent: Some(context::extract(&sent)), deadline };
        let mut invocations = self.invocations.clone();
        function_name.clone_into(invocations.function.to_mut());
        let mut operation = invocations.begin(&invocation, semconv::of_arn(invoked_function_arn, version));
        let handler = &mut self.handler;
        let begun = catch_unwind(AssertUnwindSafe(move || {
            let future = operation.run(|| handler.call(event));
            (operation, future)
        }));
        Box::pin(async move { invocations.finish(begun, deadline).await })
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
