use std::sync::Arc;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use super::*;

fn parcel(size: usize, items: u64) -> Parcel {
    Parcel { body: Bytes::from(vec![0; size]), items }
}

fn queue(max_bytes: usize) -> (Queue, Arc<StdMutex<Vec<String>>>) {
    let lines = Arc::new(StdMutex::new(Vec::new()));
    let said = Arc::clone(&lines);
    let diagnostics = Diagnostics::new(move |line| said.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()));
    (Queue::new(max_bytes, diagnostics), lines)
}

fn take(queue: &Queue, signal: Signal) -> Option<u64> {
    queue.lock().lanes[signal.index()].take().map(|(number, _)| number)
}

fn settle(queue: &Queue, signal: Signal, number: Option<u64>, fate: Fate) {
    queue.settle(signal, number.unwrap_or_default(), fate);
}

/// In every account, what was accepted is delivered, waits, or was dropped.
fn assert_balanced(queue: &Queue) {
    for signal in Signal::ALL {
        let health = queue.health(signal);
        assert_eq!(health.accepted, health.delivered + health.queued + health.spooled + health.dropped_in_all(), "{health:?}");
    }
}

#[test]
fn the_oldest_of_all_signals_makes_room_and_is_counted() {
    let (queue, lines) = queue(100);
    queue.push(Signal::Logs, parcel(40, 4));
    queue.push(Signal::Traces, parcel(40, 2));
    queue.push(Signal::Traces, parcel(40, 1));
    assert_eq!(queue.lock().bytes, 80);
    assert_balanced(&queue);
    assert!(take(&queue, Signal::Logs).is_none());
    let lost = queue.close();
    let counts: Vec<(Signal, u64)> = lost.iter().map(|lost| (lost.signal, lost.dropped)).collect();
    assert_eq!(counts, [(Signal::Traces, 3), (Signal::Logs, 4)]);
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn what_is_under_way_is_never_dropped_to_make_room() {
    let (queue, _) = queue(100);
    queue.push(Signal::Traces, parcel(90, 1));
    let first = take(&queue, Signal::Traces);
    assert!(first.is_some());
    queue.push(Signal::Traces, parcel(90, 1));
    settle(&queue, Signal::Traces, first, Fate::Delivered { rejected: 0 });
    let second = take(&queue, Signal::Traces);
    assert!(second.is_some());
    settle(&queue, Signal::Traces, second, Fate::Delivered { rejected: 0 });
    assert_balanced(&queue);
    assert_eq!(queue.close(), []);
}

#[test]
fn trouble_is_said_once_at_its_start_and_once_at_its_end() {
    let (queue, lines) = queue(1000);
    queue.name_endpoint(Signal::Traces, "http://backend".to_owned());
    queue.push(Signal::Traces, parcel(1, 1));
    let taken = take(&queue, Signal::Traces);
    for _ in 0..5 {
        queue.trouble(Signal::Traces, "refused", "trying again");
    }
    settle(&queue, Signal::Traces, taken, Fate::Delivered { rejected: 0 });
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*lines, ["cannot deliver traces to http://backend: refused; trying again", "traces are delivered again"]);
}

#[test]
fn a_flush_waits_for_what_was_there_before_it() {
    let (queue, _) = queue(1000);
    let soon = || Instant::now() + Duration::from_millis(1);
    assert!(queue.wait_until_settled(soon()));
    queue.push(Signal::Metrics, parcel(1, 1));
    assert!(!queue.wait_until_settled(soon()));
    let taken = take(&queue, Signal::Metrics);
    assert!(!queue.wait_until_settled(soon()), "what is under way is not settled");
    settle(&queue, Signal::Metrics, taken, Fate::Dropped(DropReason::Refused));
    assert!(queue.wait_until_settled(soon()));
    assert_eq!(queue.close().iter().map(|lost| lost.dropped).sum::<u64>(), 1);
}

#[test]
fn several_are_under_way_in_the_order_in_which_they_came() {
    let (queue, _) = queue(1000);
    (1..=3).for_each(|items| queue.push(Signal::Traces, parcel(10, items)));
    let taken: Vec<_> = (0..3).filter_map(|_| take(&queue, Signal::Traces)).collect();
    assert!(taken.is_sorted() && taken.len() == 3);
    assert_eq!(queue.health(Signal::Traces).in_flight, 6);
    settle(&queue, Signal::Traces, Some(taken[2]), Fate::Delivered { rejected: 1 });
    assert_balanced(&queue);
    let health = queue.health(Signal::Traces);
    assert_eq!((health.delivered, health.dropped(DropReason::Rejected), health.queued, health.queued_bytes), (2, 1, 3, 20));
    assert_eq!(queue.close().iter().map(|lost| lost.dropped).sum::<u64>(), 4);
    assert_balanced(&queue);
}
