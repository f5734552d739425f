//! An annotated place in another crate than a test.

use otel_runtime::{counted, traced};

#[traced("tests.library", kind = consumer, fields(messaging.system = "kafka", tests.number = 7))]
#[counted("tests.library.calls", in_flight)]
pub fn library() {}
