//! 10,000 requests, each of which goes on in five ways, one after the other.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use opentelemetry_proto::tonic::trace::v1::Span;
use otel_runtime::context::{self, Carried, Context, FutureExt, JoinSetExt, SinkExt, StreamExt};
use otel_runtime::opentelemetry::propagation::TextMapPropagator;
use otel_runtime::propagation::{Format, Propagator};
use otel_runtime::traced;
use tests::receiver::Received;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, yield_now};

use crate::{number, parent, recorded};

const REQUESTS: usize = 10_000;
const STEPS: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Way {
    Spawn,
    SpawnBlocking,
    SpawnLocal,
    JoinSet,
    JoinSetBlocking,
    JoinSetLocal,
    Future,
    Stream,
    Sink,
    Thread,
    ScopedThread,
    WrappedThread,
    RayonSpawn,
    RayonJoin,
    RayonScope,
    RayonEach,
    ChannelRun,
    ChannelParent,
    Headers,
}

const WAYS: [Way; 19] = [
    Way::Spawn,
    Way::SpawnBlocking,
    Way::SpawnLocal,
    Way::JoinSet,
    Way::JoinSetBlocking,
    Way::JoinSetLocal,
    Way::Future,
    Way::Stream,
    Way::Sink,
    Way::Thread,
    Way::ScopedThread,
    Way::WrappedThread,
    Way::RayonSpawn,
    Way::RayonJoin,
    Way::RayonScope,
    Way::RayonEach,
    Way::ChannelRun,
    Way::ChannelParent,
    Way::Headers,
];

#[traced(fields(call))]
async fn request(call: usize, actor: mpsc::Sender<Message>) {
    for index in 0..STEPS {
        step(call, WAYS[(call + index) % WAYS.len()], &actor).await;
        yield_now().await;
    }
}

/// What the actor, a thread without any context, is asked to do.
enum Message {
    Run(Carried<usize>, oneshot::Sender<()>),
    Parent(Carried<usize>, oneshot::Sender<()>),
}

fn act(messages: mpsc::Receiver<Message>) {
    for message in messages {
        let done = match message {
            Message::Run(call, done) => {
                call.run(leaf);
                done
            }
            Message::Parent(call, done) => {
                leaf_of(&call);
                done
            }
        };
        let _ = done.send(());
    }
}

#[traced("leaf", fields(call))]
fn leaf(call: usize) {}

#[traced("leaf", fields(call))]
async fn leaf_async(call: usize) {
    yield_now().await;
}

#[traced("leaf", parent = carried, fields(call = *carried.value()))]
fn leaf_of(carried: &Carried<usize>) {}

#[traced("leaf", parent = context, fields(call))]
fn leaf_in(call: usize, context: &Context) {}

/// Asks for a leaf at every poll, until it has made one.
struct Leaves(Option<usize>);

impl Stream for Leaves {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<()>> {
        Poll::Ready(self.0.take().map(leaf))
    }
}

impl Sink<usize> for Leaves {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, call: usize) -> Result<(), ()> {
        leaf(call);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }
}

/// Polls a stream to its end on a thread that knows nothing of it.
fn drain(stream: impl Stream + Send + 'static) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = std::pin::pin!(stream);
        while let Poll::Ready(Some(_)) = stream.as_mut().poll_next(&mut TaskContext::from_waker(std::task::Waker::noop())) {}
    })
}

#[traced(fields(call, way = ?way))]
async fn step(call: usize, way: Way, actor: &mpsc::Sender<Message>) {
    const DONE: &str = "it does not panic";
    match way {
        Way::Spawn => context::spawn(leaf_async(call)).await.expect(DONE),
        Way::SpawnBlocking => context::spawn_blocking(move || leaf(call)).await.expect(DONE),
        Way::SpawnLocal => context::spawn_local(leaf_async(call)).await.expect(DONE),
        Way::JoinSet => {
            let mut set = JoinSet::new();
            set.spawn_in_current_context(leaf_async(call));
            set.join_all().await;
        }
        Way::JoinSetBlocking => {
            let mut set = JoinSet::new();
            set.spawn_blocking_in_current_context(move || leaf(call));
            set.join_all().await;
        }
        Way::JoinSetLocal => {
            let mut set = JoinSet::new();
            set.spawn_local_in_current_context(leaf_async(call));
            set.join_all().await;
        }
        Way::Future => tokio::spawn(leaf_async(call).with_current_context()).await.expect(DONE),
        Way::Stream => drain(StreamExt::with_current_context(Leaves(Some(call)))).join().expect(DONE),
        Way::Sink => {
            let sink = SinkExt::<usize>::with_current_context(Leaves(None));
            let sent = std::thread::spawn(move || std::pin::pin!(sink).start_send(call));
            sent.join().expect(DONE).expect("it takes everything");
        }
        Way::Thread => context::thread::spawn(move || leaf(call)).join().expect(DONE),
        Way::ScopedThread => context::thread::scope(|scope| scope.spawn(|| leaf(call)).join().expect(DONE)),
        Way::WrappedThread => {
            let thread = std::thread::Builder::new().spawn(context::wrap(move || leaf(call)));
            thread.expect("a thread can be started").join().expect(DONE);
        }
        Way::RayonSpawn => {
            let (done, wait) = oneshot::channel();
            context::rayon::spawn(move || {
                leaf(call);
                let _ = done.send(());
            });
            wait.await.expect(DONE);
        }
        Way::RayonJoin => {
            context::rayon::join(|| leaf(call), || ());
        }
        Way::RayonScope => context::rayon::scope(|scope| scope.spawn(|_| leaf(call))),
        Way::RayonEach => {
            let run = context::wrap_each(leaf);
            rayon_core::join(|| run(call), || ());
        }
        Way::ChannelRun | Way::ChannelParent => {
            let (done, wait) = oneshot::channel();
            let carried = Carried::new(call);
            let message = if matches!(way, Way::ChannelRun) { Message::Run(carried, done) } else { Message::Parent(carried, done) };
            actor.send(message).expect("the actor lives");
            wait.await.expect(DONE);
        }
        Way::Headers => {
            let propagator = Propagator::new([Format::TRACE_CONTEXT]);
            let mut headers = HashMap::new();
            propagator.inject_context(&Context::current(), &mut headers);
            leaf_in(call, &propagator.extract_with_context(&Context::new(), &headers));
        }
    }
}

async fn serve() {
    let (actor, messages) = mpsc::channel();
    let acting = std::thread::spawn(|| act(messages));
    let mut requests = JoinSet::new();
    for call in 0..REQUESTS {
        requests.spawn_local_in_current_context(request(call, actor.clone()));
    }
    drop(actor);
    requests.join_all().await;
    acting.join().expect("the actor does not panic");
}

#[test]
fn every_way_to_cross_a_task_or_a_thread_keeps_the_parent() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made");
    let spans = recorded(|context| LocalSet::new().block_on(&runtime, serve().with_context(context.clone())));
    drop(runtime);

    assert_eq!(spans.len(), REQUESTS * (1 + 2 * STEPS));
    let mut leaves = vec![0; REQUESTS];
    for span in spans.values() {
        let call = number(span, "call");
        let parent = parent(&spans, span);
        let expected = match span.name() {
            "request" => None,
            "step" => Some("request"),
            _ => Some("step"),
        };
        assert_eq!(parent.map(Received::<Span>::name), expected, "call {call}");
        if let Some(parent) = parent {
            assert_eq!(number(parent, "call"), call, "a {} is under another call's", span.name());
            assert_eq!(parent.trace_id_hex(), span.trace_id_hex());
        }
        if span.name() == "leaf" {
            leaves[usize::try_from(call).expect("calls are numbered from 0")] += 1;
        }
    }
    assert!(leaves.iter().all(|leaves| *leaves == STEPS));
}
