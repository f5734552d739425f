//! What AWS Lambda is to a function: an interface over HTTP that is asked for the next event and told the answer
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

/// By which the function is called.
pub const ARN: &str = "arn:aws:lambda:eu-north-1:123456789012:function:checkout:live";

/// How long a function may take for an answer.
const LIMIT: Duration = Duration::from_secs(60);

/// An event for the function.
#[derive(Clone, Debug)]
pub struct Event {
    id: String,
    payload: String,
}

impl Event {
    pub fn new(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), payload: format!("\"{text}\"") }
    }
}

/// What a function says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response(String),
    Error,
}

/// An answer that has come; the function waits until it is told that it was taken.
type Come = (Answer, oneshot::Sender<()>);

struct Interface {
    events: AsyncMutex<mpsc::UnboundedReceiver<Event>>,
    answers: Mutex<Sender<Come>>,
}

/// A host of one function.
pub struct Host {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Event>,
    answers: Receiver<Come>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

async fn next(State(interface): State<Arc<Interface>>) -> Response {
    let Some(Event { id, payload }) = interface.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970") + LIMIT;
    let last = id.chars().last().filter(char::is_ascii_digit).unwrap_or('0');
    let headers = [
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
        ("lambda-runtime-trace-id", format!("Root=1-5759e988-bd862e3fe1be46a99427279{last};Parent=53995c3f42cd8ad8;Sampled=1")),
        ("lambda-runtime-aws-request-id", id),
    ];
    let headers: HeaderMap =
        headers.into_iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect();
    (headers, payload).into_response()
}

impl Interface {
    async fn answered(&self, answer: Answer) -> StatusCode {
        let (taken, told) = oneshot::channel();
        self.answers.lock().expect("nobody panics").send((answer, taken)).expect("the host is there");
        let _ = told.await;
        StatusCode::ACCEPTED
    }
}

impl Host {
    pub fn start() -> Self {
        let (events, to_come) = mpsc::unbounded_channel();
        let (came, answers) = channel();
        let interface = Arc::new(Interface { events: AsyncMutex::new(to_come), answers: Mutex::new(came) });
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
            runtime.block_on(async {
                let response = async |State(interface): State<Arc<Interface>>, Path(_): Path<String>, body: String| {
                    interface.answered(Answer::Response(body)).await
                };
                let error = async |State(interface): State<Arc<Interface>>, Path(_): Path<String>| interface.answered(Answer::Error).await;
                let routes = Router::new()
                    .route("/2018-06-01/runtime/invocation/next", get(next))
                    .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
                    .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
                    .with_state(interface);
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
                tell.send(listener.local_addr().expect("it listens")).expect("somebody waits for it");
                tokio::select! {
                    served = async { axum::serve(listener, routes).await } => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().expect("it serves"), events, answers, stop: Some(stop), thread: Some(thread) }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Gives an event to the function and waits for its answer; what is looked at then is seen while the function still waits to be told that the answer has come.
    pub fn invoke<T>(&self, event: &Event, look: impl FnOnce() -> T) -> (Answer, T) {
        self.events.send(event.clone()).expect("the interface is there");
        let (answer, taken) = self.answers.recv_timeout(LIMIT).expect("the function answers");
        let seen = look();
        let _ = taken.send(());
        (answer, seen)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the interface has panicked");
        }
    }
}
