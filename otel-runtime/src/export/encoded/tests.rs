use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::*;
use crate::background::Process;
use crate::delivery::Parcel;
use crate::delivery::Source as _;
use crate::diagnostics::Diagnostics;
use crate::export::otlp::testing::Chance;

fn scope(name: &'static str) -> Arc<EncodedScope> {
    Arc::new(EncodedScope::new(InstrumentationScope::builder(name).with_version("1").with_schema_url("https://example.com/1").build()))
}

fn delivery() -> Arc<Delivery> {
    Arc::new(Delivery::start(usize::MAX, Diagnostics::new(|_| {})).unwrap_or_else(|error| panic!("{error}")))
}

fn batch(max_export_batch_size: usize) -> Batch {
    Batch { max_queue_size: 1 << 20, max_export_batch_size, schedule_delay: Duration::from_secs(3600) }
}

fn decode(parcel: &Parcel) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(parcel.body.clone()).unwrap_or_else(|error| panic!("{error}"))
}

/// The spans under their scopes, in their order.
fn spans(parcels: &[Parcel]) -> BTreeMap<String, Vec<Span>> {
    let mut spans: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for parcel in parcels {
        let request = decode(parcel);
        let [of] = request.resource_spans.as_slice() else { panic!("{} resources", request.resource_spans.len()) };
        assert_eq!((of.resource.as_ref().map(|resource| resource.attributes.len()), of.schema_url.as_str()), (Some(1), ""));
        let mut items = 0;
        for under in &of.scope_spans {
            items += under.spans.len() as u64;
            assert_eq!(under.schema_url, "https://example.com/1");
            let name = under.scope.as_ref().map(|scope| format!("{} {}", scope.name, scope.version)).unwrap_or_default();
            spans.entry(name).or_default().extend(under.spans.iter().cloned());
        }
        assert_eq!(items, parcel.items);
        let names: Vec<_> = of.scope_spans.iter().map(|under| under.scope.as_ref().map(|scope| &scope.name)).collect();
        assert!((1..names.len()).all(|at| !names[..at].contains(&names[at])), "a scope stands twice in a request");
    }
    spans
}

#[test]
fn requests_have_every_span_once_under_its_scope_and_are_not_too_large() {
    let mut chance = Chance(13);
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let scopes = [scope("one"), scope("two"), scope("three")];
    let mut divided = 0;
    for _ in 0..100 {
        let max = chance.below(100_000);
        let requests = Requests::no_larger_than(max, &resource);
        let mut expected: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        let mut chunks: Vec<Chunk> = Vec::new();
        for _ in 0..chance.below(40) {
            if chunks.is_empty() || chance.below(4) == 0 {
                chunks.push(Chunk::default());
            }
            let (span, scope) = (Span::from(chance.span(20)), &scopes[chance.below(scopes.len())]);
            chunks.last_mut().unwrap_or_else(|| unreachable!("there is one")).push(scope, &span.encode_to_vec());
            expected.entry(format!("{} 1", scope.scope.name())).or_default().push(span);
        }
        let parcels = requests.of(&chunks);
        assert!(parcels.iter().all(|parcel| parcel.body.len() <= max || parcel.items == 1));
        assert!(spans(&parcels) == expected);
        divided += usize::from(parcels.len() > 1);
    }
    assert!(divided > 20, "only {divided} were divided");
}

#[test]
fn threads_that_come_and_go_lose_nothing_and_hold_back_a_chunk_at_most() {
    const THREADS: usize = 8;
    const SPANS: usize = 1000;
    let delivery = delivery();
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let encoded = EncodedSpans::new(&delivery, Route::TRACES, batch(512), &resource);
    let (scope, recorded, ending) = (scope("one"), Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let health = || delivery.health(Route::TRACES);
    thread::scope(|threads| {
        for number in 0..THREADS {
            let (encoded, scope, recorded, ending) = (encoded.clone(), &scope, &recorded, &ending);
            threads.spawn(move || {
                for _ in 0..SPANS {
                    encoded.take(scope, &Span { name: number.to_string(), ..Span::default() }.encode_to_vec());
                }
                recorded.wait();
                ending.wait();
            });
        }
        recorded.wait();
        let before = health();
        assert!(before.is_balanced(), "{before:?}");
        assert_eq!((before.accepted, before.queued), ((THREADS * SPANS) as u64, (THREADS * SPANS) as u64));
        let gathered = delivery.gathered(Route::TRACES).unwrap_or_default();
        // 1000 are 15 chunks of 64 spans, and 40 that the thread holds back.
        assert!(gathered.waiting >= (THREADS * 40) as u64, "{gathered:?}");
        ending.wait();
    });
    // Nobody asked for what they had when they ended.
    encoded.gather(Instant::now() + Duration::from_secs(60));
    let mut parcels = Vec::new();
    while let Some(parcel) = delivery.queue().take(Route::TRACES) {
        assert!(parcel.items <= 512, "{}", parcel.items);
        parcels.push(parcel);
    }
    let arrived = spans(&parcels).remove("one 1").unwrap_or_default();
    let of = |number: usize| arrived.iter().filter(|span| span.name == number.to_string()).count();
    assert_eq!((0..THREADS).map(of).collect::<Vec<_>>(), [SPANS; THREADS]);
}

#[test]
fn what_comes_after_the_end_is_counted_and_not_kept() {
    let delivery = delivery();
    let resource = Resource::builder_empty().build();
    let encoded = EncodedSpans::new(&delivery, Route::TRACES, batch(512), &resource);
    let scope = scope("one");
    encoded.take(&scope, &[]);
    delivery.shutdown(Instant::now());
    encoded.take(&scope, &[]);
    let health = delivery.health(Route::TRACES);
    assert!(health.is_balanced(), "{health:?}");
    assert_eq!((health.accepted, health.queued, health.dropped_in_all()), (2, 0, 2));
}

#[test]
fn what_a_thread_holds_back_is_not_forgotten_while_others_are_busy() {
    let delivery = delivery();
    let resource = Resource::builder_empty().with_service_name("shop").build();
    let often = Batch { schedule_delay: Duration::from_millis(20), ..batch(64) };
    let encoded = EncodedSpans::new(&delivery, Route::TRACES, often, &resource);
    let (scope, span) = (scope("one"), Span { name: "lonely".to_owned(), ..Span::default() }.encode_to_vec());
    encoded.take(&scope, &span);
    // Another thread fills batch after batch, so that the delay never passes without one.
    let (busy, other) = (encoded.clone(), Arc::clone(&scope));
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        while stopped.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected) {
            (0..64).for_each(|_| busy.take(&other, &Span { name: "busy".to_owned(), ..Span::default() }.encode_to_vec()));
            thread::sleep(Duration::from_millis(1));
        }
    });
    let mut is_there = false;
    while !is_there {
        let Some(parcel) = delivery.queue().take(Route::TRACES) else {
            thread::yield_now();
            continue;
        };
        is_there = spans(&[parcel]).into_values().flatten().any(|span| span.name == "lonely");
    }
    drop(stop);
    assert!(thread.join().is_ok());
}

#[test]
fn a_forked_child_waits_for_no_thread_of_its_parent() {
    let delivery = delivery();
    let resource = Resource::builder_empty().build();
    let encoded = EncodedSpans::new(&delivery, Route::TRACES, batch(512), &resource);
    let (threads, scope) = (Arc::new(Threads::new(&batch(512), usize::MAX, Process::OTHER)), scope("one"));
    threads.take(&encoded.batcher, &scope, &[]);
    // As if the delivery's thread had been at work on both when the process was forked.
    threads.with_held(&mut |_| threads.take(&encoded.batcher, &scope, &[]));
    assert_eq!(delivery.health(Route::TRACES).accepted, 0);
}

#[test]
fn a_thread_keeps_nothing_of_telemetry_that_is_gone() {
    let resource = Resource::builder_empty().build();
    let gone: Vec<_> = (0..5)
        .map(|_| {
            let delivery = delivery();
            let encoded = EncodedSpans::new(&delivery, Route::TRACES, batch(512), &resource);
            encoded.take(&scope("one"), &[]);
            delivery.shutdown(Instant::now());
            Arc::downgrade(&encoded.threads)
        })
        .collect();
    assert_eq!(gone.iter().filter(|threads| threads.strong_count() > 0).count(), 0);
}

#[test]
fn who_is_told_of_a_loss_may_ask_how_things_are() {
    let (ask, asked) = (Arc::new(std::sync::OnceLock::<std::sync::Weak<Delivery>>::new()), Arc::new(std::sync::Mutex::new(Vec::new())));
    let (known, seen) = (Arc::clone(&ask), Arc::clone(&asked));
    let say = move |_: &str| {
        if let Some(delivery) = known.get().and_then(std::sync::Weak::upgrade) {
            seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(delivery.health(Route::TRACES).accepted);
        }
    };
    let delivery = Arc::new(Delivery::start(usize::MAX, Diagnostics::new(say)).unwrap_or_else(|error| panic!("{error}")));
    let _ = ask.set(Arc::downgrade(&delivery));
    let encoded = EncodedSpans::new(&delivery, Route::TRACES, batch(512), &Resource::builder_empty().build());
    delivery.shutdown(Instant::now());
    encoded.take(&scope("one"), &[]);
    assert_eq!(*asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner), [1]);
}
