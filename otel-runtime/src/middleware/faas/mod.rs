//! Functions of hosts that freeze a process between two calls (feature `faas`), as AWS Lambda does (feature `lambda`): what was recorded is
//! delivered before each answer, by the [conventions](https://opentelemetry.io/docs/specs/semconv/faas/).
//!
//! ```
//! use otel_runtime::context;
//! use otel_runtime::faas::{Invocation, Invocations, Trigger};
//! use std::collections::HashMap;
//!
//! # struct Event { id: String, headers: HashMap<String, String> }
//! async fn check_out(event: &Event) -> Result<String, std::io::Error> {
//!     Ok("done".to_owned())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let builder = otel_runtime::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "none");
//! # let telemetry = builder.set("OTEL_LOGS_EXPORTER", "none").build()?;
//! # let event = Event { id: "7".to_owned(), headers: HashMap::new() };
//! // let telemetry = otel_runtime::init()?;
//! let invocations = Invocations::new(&telemetry, "checkout").trigger(Trigger::Http);
//! // … and for each event that the host gives:
//! let invocation = Invocation::new().id(&event.id).parent(context::extract(&event.headers));
//! let answer = invocations.run(invocation, check_out(&event)).await?;
//! # assert_eq!(answer, "done");
//! # Ok(())
//! # }
//! ```
//!
//! For AWS Lambda, with the crate `lambda_runtime`, [`lambda::handler`] does so.
//!
//! # What is recorded
//!
//! A span of the kind `server`, named by the function, with `faas.trigger`, `faas.coldstart` (true of the first one alone) and `faas.invocation_id`; and the
//! metrics `faas.invoke_duration` and `faas.coldstarts`, with `faas.trigger` and, of an error, `error.type`. Of AWS Lambda also `aws.lambda.invoked_arn`,
//! `cloud.resource_id` and `cloud.account.id`; the feature `resource` finds the rest, `faas.name` and `faas.max_memory` among it.
//!
//! `error.type` is the type of the error. Of a box of any error (`lambda_runtime::Error` is one) it is the kind of the I/O error that is in it or caused it,
//! `connection_refused` say, or `timeout` of Tokio's; else it is `_OTHER`, and the description of the span's status has what the error says.
//!
//! # When it is delivered
//!
//! Before the answer: as soon as the host has that, or asks for the next event, nothing may run any more. An invocation waits for it at most for a
//! second, [unless told otherwise](Invocations::flush_at_most), and at most for a third of the time that it has left until its deadline; on a thread beside,
//! where it runs in Tokio. One that panics is answered too, by a host that catches that, so its panic goes on when it was delivered. A backend that does not answer costs that, and no more: what could not be sent stays in the queue, and the next invocation sends it.
//!
//! The time in which a process is frozen counts for `OTEL_RUST_RETRY_MAX_ELAPSED` like any other. A future that is dropped was cancelled; what it recorded is
//! delivered by the next one.

mod errors;
#[cfg(feature = "lambda")]
pub mod lambda;

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanKind;
use opentelemetry::{Context, KeyValue};

use super::{Metrics, Operation, Operations};
use crate::Telemetry;
use crate::outcome::Outcome;
use crate::semconv::faas::{self as semconv, metrics};

pub use crate::semconv::faas::Trigger;

static INVOCATIONS: Operations = Operations::new(
    "otel_runtime::faas",
    SpanKind::Server,
    Metrics { duration: Some(metrics::INVOKE_DURATION), active: None, amounts: &[] },
)
.counting(metrics::COLDSTARTS);

/// How long an invocation waits for the delivery where nothing else is said.
const AT_MOST: Duration = Duration::from_secs(1);

/// Of the time that an invocation has left, it waits this part.
const SHARE: u32 = 3;

type Flush = Arc<dyn Fn(Duration) + Send + Sync>;

/// The invocations of a function: what they record is delivered before each of them answers. A clone is of the same function.
#[derive(Clone)]
pub struct Invocations {
    function: Cow<'static, str>,
    trigger: Trigger,
    flush: Flush,
    at_most: Duration,
    are_warm: Arc<AtomicBool>,
}

impl fmt::Debug for Invocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, trigger, at_most, are_warm, flush: _ } = self;
        let mut debug = f.debug_struct("Invocations");
        debug.field("function", function).field("trigger", trigger).field("at_most", at_most).field("are_warm", are_warm);
        debug.finish_non_exhaustive()
    }
}

impl Invocations {
    /// Those of the function with this name, which is that of their spans.
    #[must_use]
    pub fn new(telemetry: &Telemetry, function: impl Into<Cow<'static, str>>) -> Self {
        let (function, flush) = (function.into(), Arc::new(telemetry.flusher()));
        Self { function, trigger: Trigger::default(), flush, at_most: AT_MOST, are_warm: Arc::default() }
    }

    /// What has the host run the function; by default anything else than what has a name.
    #[must_use]
    pub fn trigger(mut self, trigger: Trigger) -> Self {
        self.trigger = trigger;
        self
    }

    /// How long an invocation waits at most for what it recorded to be delivered; by default a second.
    #[must_use]
    pub fn flush_at_most(mut self, timeout: Duration) -> Self {
        self.at_most = timeout;
        self
    }

    /// Runs an invocation in its span, and gives its answer when what it recorded was delivered, or when it has waited long enough for that.
    ///
    /// # Errors
    ///
    /// That of the invocation; whether anything was delivered is said by [`Telemetry::health`].
    pub async fn run<T, E: Display + 'static>(&self, invocation: Invocation, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let operation = self.begin(&invocation, Vec::new());
        self.finish(Ok((operation, future)), invocation.deadline).await
    }

    fn begin(&self, invocation: &Invocation, more: Vec<KeyValue>) -> Operation {
        let is_cold = !self.are_warm.swap(true, Ordering::Relaxed);
        let Invocation { id, parent, .. } = invocation;
        let mut more = Some(more);
        let mut operation = INVOCATIONS.start(parent.clone(), |beginning| {
            if let Some(span) = beginning.span() {
                let attributes = span.named(self.function.clone());
                attributes.extend(semconv::attributes(self.trigger, is_cold, id.as_deref()));
                attributes.extend(more.take().into_iter().flatten());
            }
            if beginning.measures {
                beginning.label(&[self.trigger.attribute()]);
            }
        });
        if is_cold {
            operation.count(1);
        }
        operation
    }

    /// Ends what was begun, or what has panicked already: the host answers either way, so that a panic goes on when it was delivered.
    async fn finish<T, E: Display + 'static>(
        &self,
        begun: thread::Result<(Operation, impl Future<Output = Result<T, E>>)>,
        deadline: Option<SystemTime>,
    ) -> Result<T, E> {
        let returned = match begun {
            Ok((operation, future)) => caught(recorded(operation, future)).await,
            Err(panic) => Err(panic),
        };
        self.deliver(deadline).await;
        returned.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Waits for the delivery, without holding up what else this thread has to do.
    async fn deliver(&self, deadline: Option<SystemTime>) {
        let left = deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default());
        let timeout = left.map_or(self.at_most, |left| self.at_most.min(left / SHARE));
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let flush = Arc::clone(&self.flush);
                // A flush that panics ends no invocation.
                let _ = runtime.spawn_blocking(move || flush(timeout)).await;
            }
            Err(_) => (self.flush)(timeout),
        }
    }
}

/// Runs an invocation in its span, which ends with it, or while its panic unwinds.
async fn recorded<T, E: Display + 'static>(mut operation: Operation, future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let returned = {
        let mut future = pin!(future);
        poll_fn(|task| operation.run(|| future.as_mut().poll(task))).await
    };
    operation.end(returned.as_ref().err().map_or(Outcome::OK, errors::outcome));
    returned
}

/// What a future gives, or its panic, after which it is not polled again.
async fn caught<T>(future: impl Future<Output = T>) -> thread::Result<T> {
    let mut future = pin!(future);
    poll_fn(|task| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(task))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// What is known of one invocation.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    id: Option<String>,
    parent: Option<Context>,
    deadline: Option<SystemTime>,
}

impl Invocation {
    /// One of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Its id, for `faas.invocation_id`.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The context that it came with; by default it is the current one.
    #[must_use]
    pub fn parent(mut self, parent: Context) -> Self {
        self.parent = Some(parent);
        self
    }

    /// When the host ends it, done or not.
    #[must_use]
    pub fn deadline(mut self, deadline: SystemTime) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
