#![deny(deprecated)]

use otel_runtime::timed;

#[timed("messaging.publish.duration")]
fn publish() {}

fn main() {}
