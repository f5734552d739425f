//! What each peer writes for the same: a function of one argument, and one integer attribute.

pub mod autometrics;
pub mod emit;
pub mod fastrace;
pub mod instruments;
pub mod metrics;
pub mod ours;
pub mod plain;
pub mod prometheus;
pub mod sdk;
pub mod tracing;

/// The functions of a peer that makes spans, each called in a loop.
pub struct Calls {
    pub peer: &'static str,
    pub sync: fn(u64),
    pub ten_deep: Option<fn(u64)>,
    pub root: Option<fn(u64)>,
    pub three_yields: fn(u64),
}

pub const ALL: [&Calls; 6] = [&ours::CALLS, &plain::CALLS, &plain::AS_OURS, &tracing::CALLS, &fastrace::CALLS, &emit::CALLS];

/// The state of the parent that calls are made below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// There is none: each call begins a trace.
    None,
    Unsampled,
    Sampled,
}

/// Runs a batch below a parent that the peer knows.
pub fn below(peer: &str, parent: Parent, batch: &mut dyn FnMut()) {
    match (peer, parent) {
        (_, Parent::None) | ("nothing", _) => batch(),
        (tracing::PEER, _) => tracing::below(parent, batch),
        (fastrace::PEER, _) => fastrace::below(parent, batch),
        (emit::PEER, _) => emit::below(parent, batch),
        _ => plain::below(parent, batch),
    }
}
