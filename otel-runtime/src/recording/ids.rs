//! Ids of traces and spans.

use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

/// The random ids of the SDK, each with a salt. The state of the SDK's generator belongs to a thread, and a forked child goes on with a copy of
/// it: without a salt, telemetry that it sets up would give the ids that its parent gives.
#[derive(Debug)]
pub(super) struct SaltedIds {
    salt: u128,
    random: RandomIdGenerator,
}

impl SaltedIds {
    pub(super) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // Both are in both halves, because an id of a span is one half.
        let salt = (now << 64) ^ now ^ u128::from(process::id()).rotate_left(96) ^ u128::from(process::id()).rotate_left(32);
        Self { salt, random: RandomIdGenerator::default() }
    }
}

impl IdGenerator for SaltedIds {
    fn new_trace_id(&self) -> TraceId {
        loop {
            let id = TraceId::from(u128::from_be_bytes(self.random.new_trace_id().to_bytes()) ^ self.salt);
            if id != TraceId::INVALID {
                return id;
            }
        }
    }

    fn new_span_id(&self) -> SpanId {
        loop {
            #[allow(clippy::cast_possible_truncation, reason = "one half of it")]
            let id = SpanId::from(u64::from_be_bytes(self.random.new_span_id().to_bytes()) ^ self.salt as u64);
            if id != SpanId::INVALID {
                return id;
            }
        }
    }
}
