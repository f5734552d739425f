use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

use super::super::super::testing::{TRACE, With, span};
use super::super::Limits;
use super::super::tests::shape;
use super::*;

fn sought(parent: u64) -> Sought {
    Sought { trace: TraceId::from(TRACE), parent: SpanId::from(parent) }
}

/// As another process sends it.
fn row(data: &SpanData) -> Row {
    Row { depth: 0, service: "bank".into(), running: false, data: data.clone(), printed_parent: None, held: None }
}

fn shop() -> Origin {
    Origin { processor: 0, service: "shop".into(), account: None }
}

fn remote(mut data: SpanData) -> SpanData {
    data.parent_span_is_remote = true;
    data
}

struct Fixture(Assembly);

impl Fixture {
    fn new() -> Self {
        Self(Assembly::new(Limits { spans_per_trace: 5, kept: 2, ..Limits::default() }))
    }

    fn start(&mut self, data: &SpanData) {
        assert!(self.0.start(&shop(), data.clone()).is_empty());
    }

    fn end(&mut self, data: &SpanData) -> Vec<Tree> {
        self.0.end(&shop(), data.clone())
    }

    /// The tree of a span that starts and ends.
    fn one(&mut self, data: &SpanData) -> Tree {
        self.start(data);
        self.end(data).pop().expect("it has no parent here")
    }

    /// Whether the spans are taken in, and the tree this completes.
    fn join(&mut self, parent: u64, spans: &[&SpanData]) -> (bool, Option<u64>) {
        let mut taken = false;
        let rows = spans.iter().map(|data| row(data)).collect();
        let complete = self.0.join(sought(parent), rows, || {
            taken = true;
            true
        });
        (taken, complete)
    }
}

#[test]
fn spans_of_a_neighbour_come_out_below_their_parent() {
    let mut fixture = Fixture::new();
    let (root, client) = (span(1, 0, "root", 0, 9), span(2, 1, "client", 1, 8));
    let (server, query) = (remote(span(3, 2, "server", 2, 7)), span(4, 3, "query", 3, 6));
    assert_eq!(fixture.0.relation(sought(2)), Relation::None);
    assert_eq!(fixture.join(2, &[&server]), (false, None), "nothing waits here");
    fixture.start(&root);
    assert_eq!(fixture.0.relation(sought(2)), Relation::Trace);
    fixture.start(&client);
    assert_eq!(fixture.0.relation(sought(2)), Relation::Parent);
    assert_eq!(fixture.join(2, &[&query, &server]), (true, None));
    assert!(fixture.end(&client).is_empty());
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -client --server ---query");
    assert_eq!(trees[0].rows[2].service.as_ref(), "bank");
    assert!(!trees[0].has_open_calls());
    assert!(fixture.0.traces.is_empty());
}

#[test]
fn spans_whose_parent_is_nowhere_come_out_with_the_last_of_ours() {
    let mut fixture = Fixture::new();
    let (root, other) = (span(1, 0, "root", 5, 9), remote(span(2, 99, "other root", 5, 9)));
    let (early, late) = (remote(span(3, 77, "early", 0, 1)), remote(span(4, 2, "late", 6, 20)));
    fixture.start(&root);
    fixture.start(&other);
    assert_eq!(fixture.join(77, &[&early, &late]), (true, None));
    assert_eq!(shape(&fixture.end(&other)), "other root -late");
    // The root of the trace comes first, whatever started before it.
    assert_eq!(shape(&fixture.end(&root)), "root early");
    assert!(fixture.0.traces.is_empty());
}

#[test]
fn ours_may_be_the_children_of_what_was_taken() {
    let mut fixture = Fixture::new();
    let ours = remote(span(3, 2, "ours", 2, 7));
    fixture.start(&ours);
    let (above, client) = (remote(span(1, 99, "above", 0, 9)), span(2, 1, "client", 1, 8));
    assert_eq!(fixture.join(99, &[&above, &client]), (true, None));
    assert_eq!(shape(&fixture.end(&ours)), "above -client --ours");
    assert!(fixture.0.traces.is_empty());
}

#[test]
fn a_neighbours_running_span_is_shown_and_not_waited_for() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 9);
    fixture.start(&root);
    let rows = vec![row(&remote(span(2, 1, "server", 2, 7))), Row { running: true, ..row(&span(3, 2, "task", 3, 3)) }];
    assert_eq!(fixture.0.join(sought(1), rows, || true), None);
    let trees = fixture.end(&root);
    assert_eq!(shape(&trees), "root -server --task …");
    assert_eq!(trees[0].unfollowed, 0);
    assert!(fixture.0.traces.is_empty());
}

#[test]
fn a_flush_and_a_shutdown_print_what_was_taken() {
    let mut fixture = Fixture::new();
    fixture.start(&span(1, 0, "root", 0, 9));
    assert_eq!(fixture.join(1, &[&span(2, 1, "one", 2, 3)]), (true, None));
    assert_eq!(shape(&fixture.0.flush(0)), "root … -one");
    assert_eq!(fixture.join(1, &[&span(3, 1, "two", 4, 5)]), (true, None));
    assert_eq!(shape(&fixture.0.shut_down(0)), "root … -two");
    assert_eq!(fixture.join(1, &[&span(4, 1, "three", 4, 5)]), (false, None));
    assert!(fixture.0.traces.is_empty());
}

#[test]
fn a_kept_tree_is_joined_and_says_when_it_is_complete() {
    let mut fixture = Fixture::new();
    fixture.start(&span(1, 0, "root", 0, 9));
    for id in [2, 3] {
        let client = span(id, 1, "client", id, 8).kind(SpanKind::Client);
        fixture.start(&client);
        assert!(fixture.end(&client).is_empty());
    }
    let tree = fixture.end(&span(1, 0, "root", 0, 9)).remove(0);
    assert!(tree.may_be_joined() && tree.has_open_calls() && tree.remote_parent().is_none());
    let number = fixture.0.keep(tree).expect("there is room");
    assert_eq!((fixture.0.relation(sought(2)), fixture.0.relation(sought(9))), (Relation::Parent, Relation::Trace));
    assert_eq!(fixture.join(2, &[&remote(span(4, 2, "server", 2, 7))]), (true, None));
    assert_eq!(fixture.join(3, &[&remote(span(5, 3, "server", 2, 7))]), (true, Some(number)));
    let tree = fixture.0.take_out(number).expect("it is kept");
    assert_eq!(shape(&[tree]), "root -client --server -client --server");
    assert_eq!(fixture.0.relation(sought(2)), Relation::Trace, "it is in hands");
    assert_eq!(fixture.join(2, &[&span(6, 2, "server", 2, 7)]), (false, None), "where nothing can join it");
    fixture.0.let_go(number);
    assert_eq!(fixture.0.relation(sought(2)), Relation::None);
}

#[test]
fn what_does_not_fit_and_what_cannot_be_acknowledged_stays_outside() {
    let mut fixture = Fixture::new();
    let root = span(1, 0, "root", 0, 9);
    fixture.start(&root);
    let server = span(2, 1, "server", 1, 8);
    assert_eq!(fixture.join(1, &[&server, &server]), (false, None), "one id for two");
    assert_eq!(fixture.join(1, &[&root]), (false, None), "it is here already");
    let many: Vec<_> = (2..7).map(|id| span(id, 1, "server", 1, 8)).collect();
    assert_eq!(fixture.join(1, &many.iter().collect::<Vec<_>>()), (false, None), "more than the limit");
    assert_eq!(fixture.0.join(sought(1), vec![row(&server)], || false), None);
    assert_eq!(shape(&fixture.end(&root)), "root");
}

#[test]
fn as_many_trees_are_kept_as_there_is_room_for() {
    let mut fixture = Fixture::new();
    let [one, two, three] = [1, 2, 3].map(|id| fixture.one(&span(id, 0, "call", 0, 1).kind(SpanKind::Client)));
    let one = fixture.0.keep(one).expect("there is room");
    let two = fixture.0.keep(two).expect("there is room");
    assert!(fixture.0.keep(three).is_err());
    assert!(fixture.0.take_out(one).is_some() && fixture.0.take_out(one).is_none(), "it leaves once");
    assert!(!fixture.0.is_settled(one));
    fixture.0.let_go(one);
    assert!(fixture.0.is_settled(one) && !fixture.0.is_settled(two));
}
