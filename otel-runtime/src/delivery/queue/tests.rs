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

fn take(queue: &Queue, signal: Signal) -> Option<Parcel> {
    queue.lock().take(signal)
}

#[test]
fn the_oldest_of_all_signals_makes_room_and_is_counted() {
    let (queue, lines) = queue(100);
    queue.push(Signal::Logs, parcel(40, 4));
    queue.push(Signal::Traces, parcel(40, 2));
    queue.push(Signal::Traces, parcel(40, 1));
    assert_eq!(queue.lock().bytes, 80);
    assert!(take(&queue, Signal::Logs).is_none());
    let lost = queue.close();
    let counts: Vec<(Signal, u64)> = lost.iter().map(|lost| (lost.signal, lost.items)).collect();
    assert_eq!(counts, [(Signal::Traces, 3), (Signal::Logs, 4)]);
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn what_is_under_way_is_never_dropped_to_make_room() {
    let (queue, _) = queue(100);
    queue.push(Signal::Traces, parcel(90, 1));
    assert!(take(&queue, Signal::Traces).is_some());
    queue.push(Signal::Traces, parcel(90, 1));
    queue.settle(Signal::Traces, &Fate::Delivered { rejected: 0 });
    assert!(take(&queue, Signal::Traces).is_some());
    queue.settle(Signal::Traces, &Fate::Delivered { rejected: 0 });
    assert_eq!(queue.close(), []);
}

#[test]
fn trouble_is_said_once_at_its_start_and_once_at_its_end() {
    let (queue, lines) = queue(1000);
    queue.name_endpoint(Signal::Traces, "http://backend".to_owned());
    queue.push(Signal::Traces, parcel(1, 1));
    take(&queue, Signal::Traces);
    for _ in 0..5 {
        queue.trouble(Signal::Traces, "refused", "trying again");
    }
    queue.settle(Signal::Traces, &Fate::Delivered { rejected: 0 });
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
    take(&queue, Signal::Metrics);
    assert!(!queue.wait_until_settled(soon()), "what is under way is not settled");
    queue.settle(Signal::Metrics, &Fate::Dropped);
    assert!(queue.wait_until_settled(soon()));
    assert_eq!(queue.close().iter().map(|lost| lost.items).sum::<u64>(), 1);
}
