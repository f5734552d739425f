//! What many send into a channel, taken out a hundred at a time: a batch links to all that sent something, and is the child of none of them.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::context::{Carried, Context, FutureExt, JoinSetExt};
use otel_runtime::traced;
use tests::receiver::Received;
use tokio::task::{JoinSet, spawn_blocking, yield_now};

use crate::{number, parent, recorded};

const CALLS: usize = 10_000;

/// As many as a span has links by default.
const TOGETHER: usize = 128;

/// Of two channels: one to a thread, one to a task.
#[derive(Clone)]
struct Senders {
    thread: mpsc::SyncSender<Carried<usize>>,
    task: tokio::sync::mpsc::Sender<Carried<usize>>,
}

impl Senders {
    async fn send(&self, call: usize) {
        let carried = Carried::new(call);
        // A channel that is full holds up a thread, and no worker of the runtime.
        let (thread, of_thread) = (self.thread.clone(), carried.clone());
        spawn_blocking(move || thread.send(of_thread).expect("the thread receives")).await.expect("it does not panic");
        self.task.send(carried).await.expect("the task receives");
    }
}

#[traced(fields(call))]
async fn request(call: usize, senders: Senders) {
    yield_now().await;
    senders.send(call).await;
}

/// Of some nobody has a span, and there is nothing to link to.
fn is_traced(call: usize) -> bool {
    !call.is_multiple_of(10)
}

#[traced(kind = consumer, root, links = batch, fields(receiver, calls = calls(batch)))]
fn ship_together(receiver: &str, batch: &[Carried<usize>]) {
    for carried in batch {
        ship(receiver, carried);
    }
}

/// Inside of the batch, and yet a part of what the sender does.
#[traced(parent = carried, fields(receiver, call = *carried.value()))]
fn ship(receiver: &str, carried: &Carried<usize>) {}

fn calls(batch: &[Carried<usize>]) -> Vec<i64> {
    batch.iter().map(|carried| i64::try_from(*carried.value()).expect("there are few")).collect()
}

fn ship_on_a_thread(received: &mpsc::Receiver<Carried<usize>>) {
    loop {
        let batch: Vec<_> = received.iter().take(TOGETHER).collect();
        if batch.is_empty() {
            return;
        }
        ship_together("thread", &batch);
    }
}

async fn ship_in_a_task(mut received: tokio::sync::mpsc::Receiver<Carried<usize>>) {
    let mut batch = Vec::new();
    let mut room = TOGETHER;
    while received.recv_many(&mut batch, room).await > 0 {
        if batch.len() == TOGETHER {
            ship_together("task", &batch);
            batch.clear();
        }
        room = TOGETHER - batch.len();
    }
    ship_together("task", &batch);
}

async fn serve(context: Context) {
    let (to_thread, of_thread) = mpsc::sync_channel(TOGETHER);
    let (to_task, of_task) = tokio::sync::mpsc::channel(TOGETHER);
    let attached = context.clone();
    let thread = thread::spawn(move || {
        let _attached = attached.attach();
        ship_on_a_thread(&of_thread);
    });
    let task = tokio::spawn(ship_in_a_task(of_task).with_context(context));
    let senders = Senders { thread: to_thread, task: to_task };
    let mut requests = JoinSet::new();
    for call in 0..CALLS {
        let senders = senders.clone();
        if is_traced(call) {
            requests.spawn_in_current_context(request(call, senders));
        } else {
            requests.spawn_in_current_context(async move { senders.send(call).await });
        }
    }
    drop(senders);
    requests.join_all().await;
    task.await.expect("it does not panic");
    thread.join().expect("it does not panic");
}

fn calls_of(batch: &Received) -> Vec<usize> {
    let Some(Value::ArrayValue(calls)) = batch.attribute("calls") else { panic!("a batch says what is in it") };
    let call = |value: &Value| if let Value::IntValue(call) = value { usize::try_from(*call).ok() } else { None };
    calls.values.iter().map(|value| value.value.as_ref().and_then(call).expect("calls are numbers")).collect()
}

#[test]
fn a_batch_links_to_all_that_sent_it_and_is_the_child_of_none() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime can be made");
    let spans = recorded(|context| runtime.block_on(serve(context.clone()).with_context(context.clone())));
    drop(runtime);

    let named = |name: &'static str| spans.values().filter(move |span| span.name() == name);
    let mut senders = vec![None; CALLS];
    for span in named("request") {
        let call = usize::try_from(number(span, "call")).expect("calls are numbered from 0");
        assert!(senders[call].replace((span.data.trace_id.clone(), span.data.span_id.clone())).is_none(), "call {call} was made once");
    }
    for receiver in ["thread", "task"] {
        let of_receiver =
            |span: &&Received| span.attribute("receiver").is_some_and(|name| *name == Value::StringValue(receiver.to_owned()));
        let batches: Vec<_> = named("ship_together").filter(of_receiver).collect();
        assert_eq!(batches.len(), CALLS.div_ceil(TOGETHER));
        let mut shipped = BTreeSet::new();
        for batch in batches {
            let calls = calls_of(batch);
            let links: Vec<_> = batch.data.links.iter().map(|link| (link.trace_id.clone(), link.span_id.clone())).collect();
            let sent: Vec<_> = calls.iter().filter_map(|call| senders[*call].clone()).collect();
            assert_eq!(links, sent, "a link for each that was sent in a span, in their order");
            assert!(batch.data.dropped_links_count == 0, "{calls:?}");
            assert!(batch.parent_span_id_hex().is_none() && sent.iter().all(|(trace_id, _)| *trace_id != batch.data.trace_id));
            shipped.extend(calls);
        }
        assert_eq!(shipped, (0..CALLS).collect(), "each is in one batch");
        let of_each: Vec<_> = named("ship").filter(of_receiver).collect();
        assert_eq!(of_each.len(), CALLS);
        for ship in of_each {
            let call = usize::try_from(number(ship, "call")).expect("calls are numbered from 0");
            let sender = parent(&spans, ship).map(|sender| (sender.data.trace_id.clone(), sender.data.span_id.clone()));
            assert_eq!(sender, senders[call], "what is done with one belongs to its sender");
            assert!(sender.is_none_or(|(trace_id, _)| trace_id == ship.data.trace_id));
        }
    }
    assert_eq!(senders.iter().flatten().count(), (0..CALLS).filter(|call| is_traced(*call)).count());
}
