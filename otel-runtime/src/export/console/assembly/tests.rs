use std::sync::Arc;

use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::super::testing::{With, span};
use super::super::tree::{Occasion, Tree};
use super::{Assembly, Limits, Origin, Trace};

fn origin(processor: u64, service: &str) -> Origin {
    Origin { processor, service: Arc::from(service), account: None }
}

/// An assembly with one processor, which most tests are content with.
struct Fixture {
    assembly: Assembly,
    origin: Origin,
}

impl Fixture {
    fn new() -> Self {
        Self::bounded(Limits::default())
    }

    fn bounded(limits: Limits) -> Self {
        Self { assembly: Assembly::new(limits), origin: origin(0, "shop") }
    }

    fn start(&mut self, data: &SpanData) -> Vec<Tree> {
        self.assembly.start(&self.origin, data.clone())
    }

    fn end(&mut self, data: &SpanData) -> Vec<Tree> {
        self.assembly.end(&self.origin, data.clone())
    }

    /// Starts what is expected to need no room.
    fn open(&mut self, data: &SpanData) {
        assert!(self.start(data).is_empty());
    }

    /// Whether a span is running, if there is such a span at all.
    fn is_running(&self, data: &SpanData) -> Option<bool> {
        let context = &data.span_context;
        let trace = self.assembly.traces.get(&context.trace_id())?;
        trace.is_running(context.span_id())
    }

    fn largest_trace(&self) -> usize {
        let sizes = self.assembly.traces.values().map(Trace::len);
        sizes.max().unwrap_or(0)
    }

    /// Ends what is expected to complete nothing.
    fn close(&mut self, data: &SpanData) {
        assert!(self.end(data).is_empty());
    }
}

/// One tree as text: each span indented by its depth, the running with `…`.
pub(super) fn shape(trees: &[Tree]) -> String {
    let [tree] = trees else {
        panic!("expected one tree, got {trees:?}");
    };
    let lines = tree.rows.iter().map(|row| {
        let running = if row.running { " …" } else { "" };
        format!("{}{}{running}", "-".repeat(row.depth), row.data.name)
    });
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_tree_is_done_when_its_root_ends() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 100);
    let first = span(2, 1, "first", 10, 20);
    let second = span(3, 1, "second", 30, 40);
    let below = span(4, 2, "below", 12, 15);
    for data in [&root, &second, &first, &below] {
        fixture.open(data);
    }
    for data in [&second, &first, &below] {
        fixture.close(data);
    }
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -first --below -second");
    assert!(matches!(trees[0].occasion, Occasion::Finished { printed_before: 0 }));
    assert!(fixture.assembly.traces.is_empty());
}

#[test]
fn spans_that_start_at_once_keep_the_order_they_came_in() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 100);
    fixture.open(&root);
    for (id, name) in [(9, "a"), (3, "b"), (7, "c")] {
        fixture.open(&span(id, 1, name, 0, 10));
    }
    for (id, name) in [(3, "b"), (7, "c"), (9, "a")] {
        fixture.close(&span(id, 1, name, 0, 10));
    }
    assert_eq!(shape(&fixture.end(&root)), "root -a -b -c");
}

#[test]
fn parallel_traces_stay_apart() {
    let mut fixture = Fixture::new();
    let (one, two) = (span(1, 0, "one", 0, 9), span(1, 0, "two", 0, 9).trace(7));
    let below_one = span(2, 1, "below one", 1, 2);
    let below_two = span(2, 1, "below two", 1, 2).trace(7);
    for data in [&one, &two, &below_one, &below_two] {
        fixture.open(data);
    }
    fixture.close(&below_two);
    fixture.close(&below_one);
    assert_eq!(shape(&fixture.end(&one)), "one -below one");
    assert_eq!(shape(&fixture.end(&two)), "two -below two");
}

#[test]
fn a_parent_elsewhere_makes_a_local_root() {
    let mut fixture = Fixture::new();
    let server = span(5, 99, "server", 0, 9);
    let below = span(6, 5, "below", 1, 2);
    fixture.open(&server);
    fixture.open(&below);
    fixture.close(&below);
    assert_eq!(shape(&fixture.end(&server)), "server -below");
}

#[test]
fn services_join_by_trace_id() {
    let mut assembly = Assembly::new(Limits::default());
    let (shop, bank) = (origin(0, "shop"), origin(1, "bank"));
    let (client, server) = (span(1, 0, "client", 0, 9), span(2, 1, "server", 1, 8));
    assert!(assembly.start(&shop, client.clone()).is_empty());
    assert!(assembly.start(&bank, server.clone()).is_empty());
    assert!(assembly.end(&bank, server).is_empty());
    let trees = assembly.end(&shop, client);
    assert_eq!(shape(&trees), "client -server");
    let services: Vec<_> = trees[0].rows.iter().map(|row| &*row.service).collect();
    assert_eq!(services, ["shop", "bank"]);
}

#[test]
fn a_late_child_is_shown_as_running_and_printed_by_itself() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 10);
    let late = span(2, 1, "late", 5, 50);
    let early = span(3, 2, "early", 6, 7);
    let later = span(4, 2, "later", 8, 40);
    for data in [&root, &late, &early, &later] {
        fixture.open(data);
    }
    fixture.close(&early);
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -late … --early --later …");
    // Its parent is running, so it waits.
    fixture.close(&later);
    let trees = fixture.end(&late);
    assert_eq!(shape(&trees), "late -later");
    assert!(matches!(&trees[0].occasion, Occasion::Late { parent } if parent == "root"));
    assert!(fixture.assembly.traces.is_empty());
}

#[test]
fn a_flush_prints_what_has_ended_and_names_the_rest() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 10);
    let (one, two) = (span(2, 1, "one", 1, 2), span(3, 1, "two", 3, 4));
    fixture.open(&root);
    assert!(fixture.assembly.flush(0).is_empty());
    fixture.open(&one);
    fixture.close(&one);
    fixture.open(&two);
    assert!(fixture.assembly.flush(1).is_empty(), "of another processor");
    assert_eq!(shape(&fixture.assembly.flush(0)), "root … -one -two …");
    assert!(fixture.assembly.flush(0).is_empty());
    fixture.close(&two);
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -two");
    assert!(matches!(trees[0].occasion, Occasion::Finished { printed_before: 1 }));
}

#[test]
fn a_shutdown_lets_go_of_what_is_running() {
    let mut assembly = Assembly::new(Limits::default());
    let (shop, bank) = (origin(0, "shop"), origin(1, "bank"));
    let (client, server) = (span(1, 0, "client", 0, 9), span(2, 1, "server", 1, 8));
    assert!(assembly.start(&shop, client.clone()).is_empty());
    assert!(assembly.start(&bank, server).is_empty());
    let trees = assembly.shut_down(1);
    assert_eq!(shape(&trees), "client … -server …");
    assert_eq!(trees[0].unfollowed, 1);
    assert!(assembly.shut_down(1).is_empty());
    assert_eq!(shape(&assembly.end(&shop, client)), "client");
    assert!(assembly.traces.is_empty());
}

#[test]
fn the_oldest_of_too_many_traces_is_released() {
    let mut fixture = Fixture::bounded(Limits { traces: 2, spans_per_trace: 10, ..Limits::default() });
    let leaked = span(1, 0, "leaked", 0, 0).trace(1);
    let ended = span(2, 1, "ended", 0, 1).trace(1);
    fixture.open(&leaked);
    fixture.open(&ended);
    fixture.close(&ended);
    fixture.open(&span(1, 0, "second", 0, 0).trace(2));
    let trees = fixture.start(&span(1, 0, "third", 0, 0).trace(3));
    assert_eq!(shape(&trees), "leaked … -ended");
    assert_eq!(trees[0].unfollowed, 1);
    assert!(matches!(trees[0].occasion, Occasion::TooManyTraces { limit: 2 }));
    assert_eq!(fixture.assembly.traces.len(), 2);
    // Should it end after all, it is not lost.
    assert_eq!(shape(&fixture.end(&leaked)), "leaked");
    assert_eq!(fixture.assembly.traces.len(), 2);
}

#[test]
fn a_full_trace_is_printed_early_and_keeps_its_root() {
    let limit = 4;
    let mut fixture = Fixture::bounded(Limits { traces: 10, spans_per_trace: limit, ..Limits::default() });
    let root = span(1, 0, "root", 0, 100);
    fixture.open(&root);
    for id in 2..=4 {
        let child = span(id, 1, "child", id, id + 1);
        fixture.open(&child);
        fixture.close(&child);
    }
    let trees = fixture.start(&span(5, 1, "last", 5, 6));
    assert_eq!(shape(&trees), "root … -child -child -child");
    assert_eq!(trees[0].unfollowed, 0);
    fixture.close(&span(5, 1, "last", 5, 6));
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -last");
    assert!(matches!(trees[0].occasion, Occasion::Finished { printed_before: 3 }));
}

#[test]
fn a_trace_full_of_running_spans_is_released() {
    let mut fixture = Fixture::bounded(Limits { traces: 10, spans_per_trace: 3, ..Limits::default() });
    for id in 1..=3 {
        fixture.open(&span(id, id - 1, "running", id, id));
    }
    let trees = fixture.start(&span(4, 3, "last", 4, 5));
    assert_eq!(shape(&trees), "running … -running … --running …");
    assert_eq!(trees[0].unfollowed, 3);
    assert_eq!(shape(&fixture.end(&span(4, 3, "last", 4, 5))), "last");
}

#[test]
fn the_bounds_hold_whatever_comes() {
    let limits = Limits { traces: 5, spans_per_trace: 7, ..Limits::default() };
    let mut fixture = Fixture::bounded(limits);
    let (mut ended, mut printed) = (0, 0);
    // A stirred-up sequence, the same in every run.
    let mut state = 1_u64;
    for _ in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pick = |shift: u32, of: u64| (state >> shift) % of;
        let data = span(1 + pick(33, 40), pick(40, 41), "x", pick(20, 9), pick(25, 9));
        let data = data.trace(u128::from(1 + pick(50, 8)));
        // Ids come again here; an honest span ends once and starts once.
        let known = fixture.is_running(&data);
        let trees = match (known, pick(60, 2)) {
            (Some(true) | None, 0) => {
                ended += 1;
                fixture.end(&data)
            }
            (None, _) => fixture.start(&data),
            (Some(_), _) => Vec::new(),
        };
        let rows = trees.iter().flat_map(|tree| &tree.rows);
        printed += rows.filter(|row| !row.running).count();
        assert!(fixture.assembly.traces.len() <= limits.traces);
        assert!(fixture.largest_trace() <= limits.spans_per_trace);
    }
    let rest = fixture.assembly.shut_down(0);
    let rows = rest.iter().flat_map(|tree| &tree.rows);
    printed += rows.filter(|row| !row.running).count();
    assert_eq!(printed, ended, "no ended span is lost, and none comes twice");
    assert!(fixture.assembly.traces.is_empty());
}

#[test]
fn spans_that_are_each_others_parents_are_printed_all_the_same() {
    let mut fixture = Fixture::new();
    let itself = span(1, 1, "itself", 0, 1);
    fixture.open(&itself);
    assert_eq!(shape(&fixture.end(&itself)), "itself");

    let (a, b) = (span(2, 3, "a", 0, 1), span(3, 2, "b", 1, 2));
    fixture.open(&a);
    fixture.open(&b);
    fixture.close(&a);
    fixture.close(&b);
    assert_eq!(shape(&fixture.assembly.flush(0)), "a -b");
    assert!(fixture.assembly.traces.is_empty());
}

#[test]
fn a_chain_of_calls_may_be_as_deep_as_the_bounds() {
    let mut fixture = Fixture::new();
    let chain: Vec<_> = (1..=10_000).map(|id| span(id, id - 1, "call", id, 20_000)).collect();
    for data in &chain {
        fixture.open(data);
    }
    for data in chain[1..].iter().rev() {
        fixture.close(data);
    }
    let trees = fixture.end(&chain[0]);
    assert_eq!(trees[0].rows.len(), 10_000);
    assert_eq!(trees[0].rows[9_999].depth, 9_999);
    let parent = trees[0].rows[9_999].data.parent_span_id;
    assert_eq!(parent, SpanId::from(9_999));
}
