//! Which of the processes of a service this is: a random UUID, the same as long as the process lives, however often telemetry is set up.

use std::fmt::Write;
use std::process;
use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use opentelemetry_semantic_conventions::attribute::SERVICE_INSTANCE_ID;
use sha2::{Digest, Sha256};

pub(super) fn attribute() -> KeyValue {
    /// Of this process, and of those that are forked off it.
    static FAMILY: OnceLock<[u8; 16]> = OnceLock::new();
    let family = FAMILY.get_or_init(|| RandomIdGenerator::default().new_trace_id().to_bytes());
    KeyValue::new(SERVICE_INSTANCE_ID, of(family, process::id()))
}

/// A forked child goes on with a copy of everything that is random, and is another instance: the id of the process makes it one.
pub(super) fn of(family: &[u8; 16], process: u32) -> String {
    let digest = Sha256::new().chain_update(family).chain_update(process.to_be_bytes()).finalize();
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    // Version 4, and the variant of RFC 9562.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        let separator = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
        // Writing into a string does not fail.
        let _ = write!(text, "{separator}{byte:02x}");
    }
    text
}
