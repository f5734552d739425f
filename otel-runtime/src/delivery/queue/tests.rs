use std::sync::Arc;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use super::*;

fn parcel(size: usize, items: u64) -> Parcel {
    Parcel { body: Bytes::from(vec![0; size]), items }
}

/// A queue with room for bodies of so many bytes, in `parcels` parcels.
fn queue_of(max_bytes: usize, parcels: usize) -> (Queue, Arc<StdMutex<Vec<String>>>) {
    queue(max_bytes + parcels * OVERHEAD)
}

fn queue(max_bytes: usize) -> (Queue, Arc<StdMutex<Vec<String>>>) {
    let lines = Arc::new(StdMutex::new(Vec::new()));
    let said = Arc::clone(&lines);
    let diagnostics = Diagnostics::new(move |line| said.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()));
    (Queue::new(max_bytes, diagnostics), lines)
}

fn take(queue: &Queue, route: Route) -> Option<u64> {
    queue.lock().lanes[route.index()].take().map(|(number, _)| number)
}

fn settle(queue: &Queue, route: Route, number: Option<u64>, fate: Fate) {
    queue.settle(route, number.unwrap_or_default(), u64::MAX, fate);
}

/// In every account, what was accepted is delivered, waits, or was dropped.
fn assert_balanced(queue: &Queue) {
    for route in Route::ALL {
        let health = queue.health(route);
        assert!(health.is_balanced(), "{health:?}");
    }
}

#[test]
fn the_oldest_of_all_signals_makes_room_and_is_counted() {
    let (queue, lines) = queue_of(100, 2);
    queue.push_new(Route::LOGS, parcel(40, 4));
    queue.push_new(Route::TRACES, parcel(40, 2));
    queue.push_new(Route::TRACES, parcel(40, 1));
    assert_eq!(queue.lock().bytes, 80 + 2 * OVERHEAD);
    assert_balanced(&queue);
    assert!(take(&queue, Route::LOGS).is_none());
    let lost = queue.close();
    let counts: Vec<_> = lost.iter().map(|lost| (lost.signal, lost.dropped)).collect();
    assert_eq!(counts, [(Route::TRACES.signal, 3), (Route::LOGS.signal, 4)]);
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(
        *lines,
        [format!(
            "the queue for telemetry is full ({} bytes, OTEL_RUST_QUEUE_MAX_BYTES): dropping the oldest, 4 log records at first",
            100 + 2 * OVERHEAD
        )]
    );
}

#[test]
fn what_is_under_way_is_never_dropped_to_make_room_and_takes_room() {
    let (queue, _) = queue_of(100, 1);
    queue.push_new(Route::TRACES, parcel(90, 1));
    let first = take(&queue, Route::TRACES);
    queue.push_new(Route::TRACES, parcel(90, 2));
    assert_eq!(queue.health(Route::TRACES).dropped(DropReason::QueueFull), 2, "there is no room");
    settle(&queue, Route::TRACES, first, Fate::Delivered { rejected: 0 });
    queue.push_new(Route::TRACES, parcel(90, 4));
    let second = take(&queue, Route::TRACES);
    settle(&queue, Route::TRACES, second, Fate::Delivered { rejected: 0 });
    assert_balanced(&queue);
    assert_eq!((queue.health(Route::TRACES).delivered, queue.lock().bytes), (5, 0));
}

#[test]
fn a_queue_that_is_now_full_and_now_empty_says_so_again_in_time_and_counts_all() {
    let (queue, lines) = queue_of(100, 1);
    for round in 0..3 {
        (0..3).for_each(|_| queue.push_new(Route::TRACES, parcel(90, 1)));
        let taken = take(&queue, Route::TRACES);
        settle(&queue, Route::TRACES, taken, Fate::Delivered { rejected: 0 });
        assert_balanced(&queue);
        if round == 1 {
            // The next time is long after.
            queue.lock().lanes[Route::TRACES.index()].trouble.forget_when_losses_were_said();
        }
    }
    assert_eq!(queue.health(Route::TRACES).dropped(DropReason::QueueFull), 6);
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    let ends: Vec<_> = lines.iter().filter(|line| line.starts_with("traces are delivered again")).collect();
    assert_eq!(
        ends,
        ["traces are delivered again; dropped meanwhile: 2 spans", "traces are delivered again; dropped meanwhile: 4 spans"],
        "{lines:?}"
    );
}

#[test]
fn what_goes_nowhere_holds_nobody_up() {
    let (queue, _) = queue(1000);
    queue.push_new(Route::LOGS, parcel(1, 1));
    assert!(queue.wait_until_settled(Instant::now()), "logs have no backend");
}

#[test]
fn trouble_is_said_once_at_its_start_and_once_at_its_end() {
    let (queue, lines) = queue(1000);
    queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
    queue.push_new(Route::TRACES, parcel(1, 1));
    let taken = take(&queue, Route::TRACES);
    for _ in 0..5 {
        queue.trouble(Route::TRACES, "refused", "trying again");
    }
    settle(&queue, Route::TRACES, taken, Fate::Delivered { rejected: 0 });
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*lines, ["cannot deliver traces to http://backend: refused; trying again", "traces are delivered again"]);
}

#[test]
fn a_flush_waits_for_what_was_there_before_it() {
    let (queue, _) = queue(1000);
    queue.name_endpoint(Route::METRICS, "http://backend".to_owned());
    let soon = || Instant::now() + Duration::from_millis(1);
    assert!(queue.wait_until_settled(soon()));
    queue.push_new(Route::METRICS, parcel(1, 1));
    assert!(!queue.wait_until_settled(soon()));
    let taken = take(&queue, Route::METRICS);
    assert!(!queue.wait_until_settled(soon()), "what is under way is not settled");
    settle(&queue, Route::METRICS, taken, Fate::Dropped(DropReason::Refused));
    assert!(queue.wait_until_settled(soon()));
    assert_eq!(queue.close().iter().map(|lost| lost.dropped).sum::<u64>(), 1);
}

#[test]
fn several_are_under_way_in_the_order_in_which_they_came() {
    let (queue, _) = queue(1000);
    (1..=3).for_each(|items| queue.push_new(Route::TRACES, parcel(10, items)));
    let taken: Vec<_> = (0..3).filter_map(|_| take(&queue, Route::TRACES)).collect();
    assert!(taken.is_sorted() && taken.len() == 3);
    assert_eq!(queue.health(Route::TRACES).in_flight, 6);
    settle(&queue, Route::TRACES, Some(taken[2]), Fate::Delivered { rejected: 1 });
    assert_balanced(&queue);
    let health = queue.health(Route::TRACES);
    assert_eq!((health.delivered, health.dropped(DropReason::Rejected), health.queued, health.queued_bytes), (2, 1, 3, 20));
    assert_eq!(queue.close().iter().map(|lost| lost.dropped).sum::<u64>(), 4);
    assert_balanced(&queue);
}

#[test]
fn what_is_put_off_comes_after_all_others_and_stays_as_old_as_it_is() {
    let (queue, _) = queue_of(30, 3);
    (1..=3).for_each(|items| queue.push_new(Route::TRACES, parcel(10, items)));
    let first = take(&queue, Route::TRACES).unwrap_or_default();
    let second = take(&queue, Route::TRACES).unwrap_or_default();
    assert!(queue.put_off(Route::TRACES, second) && queue.put_off(Route::TRACES, first));
    assert_balanced(&queue);
    assert_eq!(queue.health(Route::TRACES).in_flight, 0);
    let third = take(&queue, Route::TRACES).unwrap_or_default();
    assert!(third > second, "what was never put off goes first");
    assert_eq!((take(&queue, Route::TRACES), take(&queue, Route::TRACES)), (Some(second), Some(first)), "then, what was put off first");
    assert!(!queue.put_off(Route::TRACES, third), "there is nothing that could go before it");
    settle(&queue, Route::TRACES, Some(third), Fate::Delivered { rejected: 0 });
    queue.push_new(Route::TRACES, parcel(10, 4));
    assert!(queue.put_off(Route::TRACES, first));
    queue.push_new(Route::TRACES, parcel(10, 5));
    assert_eq!(queue.health(Route::TRACES).dropped(DropReason::QueueFull), 1, "the oldest makes room, though others are sent before it");
    assert_balanced(&queue);
}

#[test]
fn a_loss_is_said_at_its_start_and_its_end_with_its_number() {
    let (queue, lines) = queue_of(100, 1);
    queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
    (0..50).for_each(|_| queue.push_new(Route::TRACES, parcel(1000, 1)));
    queue.lose(Route::TRACES, 2, DropReason::Encoding);
    let errors = |queue: &Queue| queue.cause(Route::TRACES, &SignalHealth::default()).unwrap_or_default();
    assert_eq!(
        errors(&queue),
        "2 spans dropped: a batch could not be encoded; 50 spans dropped: one request is larger than the whole queue may be (OTEL_RUST_QUEUE_MAX_BYTES)"
    );
    queue.push_new(Route::TRACES, parcel(10, 1));
    let taken = take(&queue, Route::TRACES);
    settle(&queue, Route::TRACES, taken, Fate::Delivered { rejected: 0 });
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(
        *lines,
        [
            "1 span dropped: one request is larger than the whole queue may be (OTEL_RUST_QUEUE_MAX_BYTES)",
            "2 spans dropped: a batch could not be encoded",
            "traces are delivered again; dropped meanwhile: 52 spans"
        ]
    );
}

#[test]
fn the_end_says_why_something_was_lost() {
    let (queue, _) = queue_of(100, 1);
    queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
    (0..50).for_each(|_| queue.push_new(Route::TRACES, parcel(1000, 1)));
    let said: Vec<_> = queue.close().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["50 spans not delivered to http://backend: one request is larger than the whole queue may be (OTEL_RUST_QUEUE_MAX_BYTES)"]
    );
}

#[test]
fn a_backend_that_has_not_answered_is_a_cause_where_there_is_no_other() {
    let (queue, _) = queue(1000);
    queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
    let cause = || queue.cause(Route::TRACES, &SignalHealth::default());
    queue.push_new(Route::TRACES, parcel(10, 1));
    assert_eq!(cause(), None, "nothing was sent");
    take(&queue, Route::TRACES);
    assert_eq!(cause().as_deref(), Some("it has not answered yet"));
    queue.trouble(Route::TRACES, "connection refused", "trying again");
    assert_eq!(cause().as_deref(), Some("connection refused"));
}

#[test]
fn the_end_says_what_is_wrong_at_the_backend_and_what_else_is() {
    let (queue, _) = queue_of(100, 1);
    queue.name_endpoint(Route::TRACES, "http://backend".to_owned());
    queue.push_new(Route::TRACES, parcel(1000, 4));
    queue.push_new(Route::TRACES, parcel(10, 3));
    queue.trouble(Route::TRACES, "connection refused", "trying again");
    let said: Vec<_> = queue.close().iter().map(ToString::to_string).collect();
    let expected = "7 spans not delivered to http://backend: connection refused; 4 spans dropped: one request is larger than the whole queue may be (OTEL_RUST_QUEUE_MAX_BYTES)";
    assert_eq!(said, [expected]);
}

#[test]
fn a_thousand_troubles_of_a_kind_are_said_once_when_they_begin_and_once_when_they_are_over() {
    for reason in DropReason::ALL {
        let (queue, lines) = queue_of(100_000, 1000);
        for _ in 0..1000 {
            queue.push_new(Route::TRACES, parcel(1, 1));
            let number = take(&queue, Route::TRACES);
            let fate = match reason {
                DropReason::Rejected => {
                    if queue.rejects(Route::TRACES, 1) {
                        queue.remark("the backend rejected 1 of 1 span");
                    }
                    Fate::Delivered { rejected: 1 }
                }
                DropReason::Refused | DropReason::RetryTimeout => {
                    queue.trouble(Route::TRACES, "no", "dropping them");
                    Fate::Dropped(reason)
                }
                _ => Fate::Dropped(reason),
            };
            settle(&queue, Route::TRACES, number, fate);
        }
        queue.push_new(Route::TRACES, parcel(1, 1));
        let number = take(&queue, Route::TRACES);
        settle(&queue, Route::TRACES, number, Fate::Delivered { rejected: 0 });
        assert_eq!((queue.health(Route::TRACES).dropped(reason), queue.health(Route::TRACES).delivered), (1000, 1));
        let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        // That the time is over for what cannot be delivered says two things: why, and what follows.
        assert_eq!(lines.len(), if reason == DropReason::RetryTimeout { 3 } else { 2 }, "{reason}: {lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("traces are delivered again; dropped meanwhile: 1000 spans"), "{reason}");
    }
}

#[test]
fn a_backend_that_now_answers_and_now_does_not_is_said_seldom() {
    let (queue, lines) = queue_of(1000, 1);
    for _ in 0..1000 {
        queue.push_new(Route::TRACES, parcel(1, 1));
        let number = take(&queue, Route::TRACES);
        queue.trouble(Route::TRACES, "no", "trying again");
        settle(&queue, Route::TRACES, number, Fate::Delivered { rejected: 0 });
    }
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*lines, ["cannot deliver traces to : no; trying again", "traces are delivered again"]);
}

#[test]
fn a_parcel_that_is_sent_in_parts_is_settled_by_them_and_goes_on_after_them_when_it_was_put_off() {
    let (queue, lines) = queue_of(300, 3);
    queue.push_new(Route::TRACES, parcel(100, 10));
    queue.push_new(Route::TRACES, parcel(100, 1));
    let first = take(&queue, Route::TRACES).unwrap_or_default();
    queue.settle(Route::TRACES, first, 3, Fate::Delivered { rejected: 1 });
    queue.settle(Route::TRACES, first, 2, Fate::Dropped(DropReason::Refused));
    assert_balanced(&queue);
    let health = queue.health(Route::TRACES);
    assert_eq!((health.delivered, health.queued, health.in_flight, health.dropped_in_all()), (2, 6, 5, 3));
    assert_eq!(queue.lock().bytes, 200 + 2 * OVERHEAD, "the body is still needed");
    assert!(queue.put_off(Route::TRACES, first));
    let second = take(&queue, Route::TRACES);
    settle(&queue, Route::TRACES, second, Fate::Delivered { rejected: 0 });
    let again = queue.lock().lanes[Route::TRACES.index()].take().map(|(number, entry)| (number, entry.settled, entry.items));
    assert_eq!(again, Some((first, 5, 5)));
    queue.settle(Route::TRACES, first, 5, Fate::Delivered { rejected: 0 });
    assert_balanced(&queue);
    let health = queue.health(Route::TRACES);
    assert_eq!((health.delivered, health.queued, health.in_flight, queue.lock().bytes), (8, 0, 0, 0));
    assert!(queue.close().iter().all(|undelivered| undelivered.dropped == 3), "what was lost is lost");
    drop(lines);
}
