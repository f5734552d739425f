use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::diagnostics::Diagnostics;

fn delivery(max_bytes: usize) -> Delivery {
    Delivery::start(max_bytes, Diagnostics::new(|_| {})).unwrap_or_else(|error| panic!("{error}"))
}

fn parcel(items: usize, bytes: usize) -> Vec<Parcel> {
    vec![Parcel { body: vec![0; bytes].into(), items: items as u64 }]
}

#[test]
fn a_batch_is_full_when_its_items_are_many_or_large() {
    let delivery = delivery(40_000);
    let batch = Batch { max_queue_size: 20, max_export_batch_size: 10, schedule_delay: Duration::from_secs(3600) };
    let encode = Box::new(|items: Vec<usize>| parcel(items.len(), items.iter().sum()));
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, Encoder { items: |_| 1, size: |size| *size, encode });
    // A batch has 10,000 bytes at most, but for the one that is larger itself.
    let sizes = [[4_500; 3].as_slice(), &[500; 11], &[15_000, 500]].concat();
    for size in &sizes {
        batcher.push(*size);
    }
    assert!(batcher.flush(Instant::now() + Duration::from_secs(60)));
    let sent = std::iter::from_fn(|| delivery.queue().take(Route::TRACES));
    let sent: Vec<_> = sent.map(|parcel| (parcel.items, parcel.body.len())).collect();
    assert_eq!(sent.iter().map(|(items, _)| items).sum::<u64>(), sizes.len() as u64);
    assert_eq!(sent.iter().map(|(_, bytes)| bytes).sum::<usize>(), sizes.iter().sum::<usize>());
    assert!(sent.iter().all(|(items, bytes)| *items == 1 || (*bytes <= 10_000 && *items <= 10)), "{sent:?}");
    assert!(sent.iter().any(|(items, _)| *items > 1), "{sent:?}");
}

#[test]
fn a_batch_that_is_encoded_sooner_does_not_overtake_the_one_before_it() {
    let delivery = delivery(usize::MAX);
    let batch = Batch { max_queue_size: 100, max_export_batch_size: 1, schedule_delay: Duration::from_secs(3600) };
    let ((began, is_begun), (go_on, held)) = (mpsc::channel(), mpsc::channel::<()>());
    let held = Mutex::new(held);
    let encode = Box::new(move |items: Vec<usize>| {
        if items == [1] {
            let _ = began.send(());
            let _ = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
        parcel(items.len(), items[0])
    });
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, Encoder { items: |_| 1, size: |_| 1, encode });
    // The delivery's thread encodes the first, and this one the second meanwhile.
    batcher.push(1);
    assert!(is_begun.recv().is_ok());
    batcher.push(2);
    assert!(batcher.0.encode_next(true));
    let take = || delivery.queue().take(Route::TRACES).map(|parcel| parcel.body.len());
    assert_eq!((delivery.health(Route::TRACES).queued, take()), (2, None), "the first is on its way");
    delivery.queue().name_endpoint(Route::TRACES, "http://backend".to_owned());
    assert!(!delivery.queue().wait_until_settled(Instant::now()), "what is on its way is not settled");
    drop(go_on);
    assert!(batcher.flush(Instant::now() + Duration::from_secs(60)));
    assert_eq!((take(), take()), (Some(1), Some(2)));
}

#[test]
fn a_batch_that_cannot_be_encoded_holds_up_none_that_follows() {
    let delivery = delivery(usize::MAX);
    let batch = Batch { max_queue_size: 1, max_export_batch_size: 1, schedule_delay: Duration::from_secs(3600) };
    let encode = Box::new(|items: Vec<usize>| if items == [1] { panic!("on purpose") } else { parcel(items.len(), items[0]) });
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, Encoder { items: |_| 1, size: |_| 1, encode });
    (1..=2).for_each(|item| batcher.push(item));
    assert_eq!(delivery.queue().take(Route::TRACES).map(|parcel| parcel.body.len()), Some(2));
    assert_eq!(delivery.health(Route::TRACES).dropped(DropReason::Encoding), 1);
}

#[test]
fn nothing_is_counted_twice_on_its_way_into_the_queue() {
    let delivery = delivery(usize::MAX);
    let batch = Batch { max_queue_size: 4, max_export_batch_size: 2, schedule_delay: Duration::from_millis(1) };
    let encoder = Encoder { items: |_| 1, size: |_: &u8| 1, encode: Box::new(|items| parcel(items.len(), 0)) };
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, encoder);
    let (began, done) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20_000 {
                began.fetch_add(1, Ordering::SeqCst);
                batcher.push(0);
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
        while done.load(Ordering::SeqCst) < 20_000 {
            let before = done.load(Ordering::SeqCst);
            let health = delivery.health(Route::TRACES);
            let after = began.load(Ordering::SeqCst);
            assert!((before..=after).contains(&health.accepted), "{before} to {after} were pushed: {health:?}");
            assert!(health.is_balanced(), "{health:?}");
        }
    });
    assert_eq!(delivery.health(Route::TRACES).accepted, 20_000);
}

#[test]
fn a_forked_child_waits_for_no_thread_of_its_parent() {
    let mut delivery = delivery(usize::MAX);
    delivery.thread.set_process(Process::OTHER);
    let batch = Batch { max_queue_size: 2, max_export_batch_size: 2, schedule_delay: Duration::from_secs(3600) };
    let encoder = Encoder { items: |_| 1, size: |_: &u8| 1, encode: Box::new(|items| parcel(items.len(), 0)) };
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, encoder);
    (0..5).for_each(|item| batcher.push(item));
    let locked = batcher.0.lock();
    batcher.push(5);
    assert!(batcher.flush(Instant::now()));
    drop(locked);
    assert!(delivery.queue().take(Route::TRACES).is_none(), "nothing comes into the queue");
    // Whose the thread is ends it.
    delivery.thread.set_process(Process::this());
}

#[test]
fn what_comes_after_the_end_is_counted_and_not_kept() {
    let delivery = delivery(usize::MAX);
    let batch = Batch { max_queue_size: 100, max_export_batch_size: 100, schedule_delay: Duration::from_secs(3600) };
    let encoder = Encoder { items: |_| 1, size: |_: &u8| 1, encode: Box::new(|items| parcel(items.len(), 0)) };
    let batcher = Batcher::start(&delivery, Route::TRACES, batch, encoder);
    batcher.push(0);
    let undelivered = delivery.shutdown(Instant::now());
    assert_eq!(undelivered.iter().map(|undelivered| undelivered.dropped).sum::<u64>(), 1);
    batcher.push(0);
    let health = delivery.health(Route::TRACES);
    assert!(health.is_balanced());
    assert_eq!((health.accepted, health.queued, health.dropped(DropReason::Shutdown)), (2, 0, 2));
}
