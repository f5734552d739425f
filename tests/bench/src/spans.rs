//! The rows of spans: where nothing is installed, below parents, and as roots.

use opentelemetry_sdk::trace::SdkTracerProvider;
use otel_runtime::{Telemetry, TracerProvider};

use crate::layers;
use crate::measure::{Case, Surroundings};
use crate::peers::{self, Calls, Parent, autometrics, emit, fastrace, ours, plain, sdk, tracing};
use crate::sink;
use crate::work::{three_yields, work};
use crate::{awaits, calls};

/// The peer of a row that the others are compared with: the same function without anything.
pub const NOTHING: &str = "nothing";

/// Calls of a batch that exports nothing.
const MANY: u64 = 50_000;
/// Spans of a batch, of which queues of the usual sizes drop none.
const FEW: u64 = 1000;

/// Where nothing is installed.
pub fn uninstalled() -> Vec<Case> {
    let case = |row, peer, run, calls| Case { row, peer, run, parent: Parent::None, spans: 0, threads: 1, calls };
    let mut cases = vec![
        case("sync, nothing installed", NOTHING, calls!(work), MANY),
        case("async, 3 yields, nothing installed", NOTHING, awaits!(three_yields), MANY / 10),
    ];
    for peer in peers::ALL {
        let (sync, three_yields) = match peer.peer {
            plain::PEER => (plain::UNINSTALLED, plain::UNINSTALLED_THREE_YIELDS),
            plain::PEER_AS_OURS => continue,
            _ => (peer.sync, peer.three_yields),
        };
        cases.push(case("sync, nothing installed", peer.peer, sync, MANY));
        cases.push(case("async, 3 yields, nothing installed", peer.peer, three_yields, MANY / 10));
    }
    cases.push(case("sync, nothing installed", "ours: traced, counted, timed", ours::ALL_THREE, MANY));
    cases
}

/// Where everything is installed.
pub fn installed() -> Vec<Case> {
    let nothing = Calls {
        peer: NOTHING,
        sync: calls!(work),
        ten_deep: Some(calls!(work)),
        root: Some(calls!(work)),
        three_yields: awaits!(three_yields),
    };
    let mut cases = Vec::new();
    for peer in [&nothing].into_iter().chain(peers::ALL) {
        let case = |row, run, parent, spans, calls| {
            let spans = if peer.peer == NOTHING || parent == Parent::Unsampled { 0 } else { spans };
            Case { row, peer: peer.peer, run, parent, spans, threads: 1, calls }
        };
        let twice = |case: Case| Case { threads: 2, calls: case.calls / 2, ..case };
        cases.extend([
            case("sync, unsampled parent", peer.sync, Parent::Unsampled, 1, MANY / 10),
            twice(case("sync, unsampled parent, two threads", peer.sync, Parent::Unsampled, 1, MANY)),
            case("async, 3 yields, unsampled parent", peer.three_yields, Parent::Unsampled, 1, MANY / 10),
            case("sync, sampled", peer.sync, Parent::Sampled, 1, FEW),
            twice(case("sync, sampled, two threads", peer.sync, Parent::Sampled, 1, FEW)),
            case("async, 3 yields, sampled", peer.three_yields, Parent::Sampled, 1, FEW),
        ]);
        cases.extend(peer.ten_deep.map(|run| case("ten deep, unsampled parent", run, Parent::Unsampled, 10, FEW)));
        cases.extend(peer.ten_deep.map(|run| case("ten deep, sampled", run, Parent::Sampled, 10, FEW / 10)));
        cases.extend(peer.root.map(|run| case("a root per call, sampled", run, Parent::None, 1, FEW)));
    }
    let case = |row, peer, run, spans| Case { row, peer, run, parent: Parent::Sampled, spans, threads: 1, calls: FEW };
    cases.push(case("sync, sampled", plain::PEER_EMPTY, plain::EMPTY, 0));
    let case = |peer, run, spans| case("three annotations, sampled", peer, run, spans);
    cases.push(case(NOTHING, calls!(work), 0));
    cases.push(case("ours: traced", ours::TRACED, 1));
    cases.push(case("ours: traced, counted, timed", ours::ALL_THREE, 1));
    cases.push(case(autometrics::PEER, autometrics::CALLS, 0));
    cases
}

/// All peers in this process, each with a pipeline of its own to the sink.
pub struct Installed {
    _ours: Telemetry,
    ours: TracerProvider,
    plain: SdkTracerProvider,
    tracing: SdkTracerProvider,
    emit: Box<dyn Fn() + Sync>,
    port: u16,
}

impl Installed {
    pub fn new(port: u16) -> Self {
        let endpoint = |peer| endpoint(port, peer);
        fastrace::install(sdk::exporter(&endpoint(fastrace::PEER)));
        let ours = ours::install(&endpoint(ours::PEER));
        Self {
            ours: ours.tracer_provider().expect("there is one"),
            _ours: ours,
            plain: plain::install(sdk::exporter(&endpoint(plain::PEER))),
            tracing: tracing::install(sdk::exporter(&endpoint(tracing::PEER))),
            emit: Box::new(emit::install(emit::http(&endpoint(emit::PEER)))),
            port,
        }
    }
}

/// Where a peer sends to.
pub fn endpoint(port: u16, peer: &str) -> String {
    format!("http://127.0.0.1:{port}/{}", path(peer))
}

/// What the sink knows a peer by. Two ways to use one pipeline are one.
pub fn path(peer: &str) -> &'static str {
    match peer {
        plain::PEER | plain::PEER_AS_OURS => "plain",
        tracing::PEER => "tracing",
        fastrace::PEER => "fastrace",
        emit::PEER => "emit",
        layers::TOWER_OTEL => "tower-otel",
        layers::CONTRIB => "contrib",
        _ => "ours",
    }
}

/// Whether the parent that calls are made below is a span of the peer's, and exported as they are.
pub fn has_own_parent(peer: &str) -> bool {
    matches!(peer, tracing::PEER | fastrace::PEER | emit::PEER)
}

impl Surroundings for Installed {
    fn within(&self, case: &Case, batch: &mut dyn FnMut()) {
        peers::below(case.peer, case.parent, batch);
    }

    fn settle(&self, peer: &str) {
        match peer {
            plain::PEER | plain::PEER_AS_OURS => self.plain.force_flush().expect("the sink takes everything"),
            tracing::PEER => self.tracing.force_flush().expect("the sink takes everything"),
            fastrace::PEER => ::fastrace::flush(),
            emit::PEER => (self.emit)(),
            _ => self.ours.force_flush().expect("the sink takes everything"),
        }
    }

    fn exported(&self, peer: &str) -> u64 {
        sink::received(self.port, path(peer))
    }

    /// Where the parent is a span of the peer's, it is exported too.
    fn extra(&self, case: &Case) -> u64 {
        if has_own_parent(case.peer) && case.parent == Parent::Sampled { case.threads } else { 0 }
    }
}

/// Nothing is installed, so there is nothing to do.
pub struct Nothing;

impl Surroundings for Nothing {
    fn within(&self, _: &Case, batch: &mut dyn FnMut()) {
        batch();
    }

    fn settle(&self, _: &str) {}

    fn exported(&self, _: &str) -> u64 {
        0
    }

    fn extra(&self, _: &Case) -> u64 {
        0
    }
}
