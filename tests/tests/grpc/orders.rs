//! A service and its client, as tonic's generator writes them, with messages that are bytes: what a request says is what its handler does.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use otel_runtime::traced;
use prost::bytes::{Buf, BufMut};
use tokio_stream::{Stream, StreamExt, iter, wrappers::ReceiverStream};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::NamedService;
use tonic::{Code, GrpcMethod, Request, Response, Status, Streaming};
use tower::{Service, service_fn};

pub type Messages = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// Messages that are text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// Does what a request says: `code 5 …`, `wait`, `panic`, or it answers what it was told.
#[traced]
async fn handle(text: String) -> Result<String, Status> {
    match text.split_once(' ').unwrap_or((&text, "")) {
        ("code", code) => Err(Status::new(Code::from(code.parse::<i32>().expect("a code is a number")), "as asked")),
        ("wait", _) => pending().await,
        ("panic", _) => panic!("the printer is on fire"),
        _ => Ok(text),
    }
}

/// The service `shop.Orders`.
#[derive(Clone, Copy, Debug)]
pub struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "shop.Orders";
}

/// `3 code 5`: three messages, and what is behind them.
fn watch(text: &str) -> Messages {
    let (count, last) = text.split_once(' ').unwrap_or((text, ""));
    let count: u32 = count.parse().expect("the first word is a number");
    let messages = iter(0..count).map(|number| Ok(number.to_string()));
    if last.is_empty() {
        return Box::pin(messages);
    }
    let (sender, last_ones) = tokio::sync::mpsc::channel(1);
    let last = last.to_owned();
    tokio::spawn(async move {
        let end = tokio::select! {
            end = handle(last) => end,
            () = sender.closed() => return,
        };
        let _ = sender.send(end).await;
    });
    Box::pin(messages.chain(ReceiverStream::new(last_ones)))
}

impl<B> Service<http::Request<B>> for Orders
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mut grpc = tonic::server::Grpc::new(Text);
        match request.uri().path() {
            "/shop.Orders/Place" => Box::pin(async move {
                let place = async |request: Request<String>| {
                    let mut response = Response::new(handle(request.into_inner()).await?);
                    response.metadata_mut().insert("x-served-by", "anna".parse().expect("a name is a value"));
                    Ok(response)
                };
                Ok(grpc.unary(service_fn(|request| Box::pin(place(request))), request).await)
            }),
            "/shop.Orders/Watch" => Box::pin(async move {
                let messages = async |request: Request<String>| Ok(Response::new(watch(request.get_ref())));
                Ok(grpc.server_streaming(service_fn(|request| Box::pin(messages(request))), request).await)
            }),
            "/shop.Orders/Collect" => Box::pin(async move {
                let collect = async |request: Request<Streaming<String>>| {
                    let mut messages = request.into_inner();
                    let mut all = Vec::new();
                    while let Some(message) = messages.message().await? {
                        all.push(handle(message).await?);
                    }
                    Ok(Response::new(all.join(",")))
                };
                Ok(grpc.client_streaming(service_fn(|request| Box::pin(collect(request))), request).await)
            }),
            "/shop.Orders/Chat" => Box::pin(async move {
                let chat = async |request: Request<Streaming<String>>| {
                    let messages: Messages = Box::pin(request.into_inner().then(async |message| handle(message?).await));
                    Ok(Response::new(messages))
                };
                Ok(grpc.streaming(service_fn(|request| Box::pin(chat(request))), request).await)
            }),
            _ => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

/// The client of `shop.Orders`, over any service.
#[derive(Clone, Debug)]
pub struct OrdersClient<S>(pub tonic::client::Grpc<S>);

impl<S> OrdersClient<S>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    pub fn new(service: S) -> Self {
        Self(tonic::client::Grpc::new(service))
    }

    async fn ready<T>(
        &mut self,
        method: &'static str,
        request: impl tonic::IntoStreamingRequest<Stream = T, Message = String>,
    ) -> Result<Request<T>, Status>
    where
        T: Stream<Item = String> + Send + 'static,
    {
        self.0.ready().await.map_err(|error| Status::unknown(error.into().to_string()))?;
        let mut request = request.into_streaming_request();
        request.extensions_mut().insert(GrpcMethod::new("shop.Orders", method));
        Ok(request)
    }

    pub async fn place(&mut self, text: impl Into<String>) -> Result<Response<String>, Status> {
        self.place_with(Request::new(text.into())).await
    }

    pub async fn place_with(&mut self, request: Request<String>) -> Result<Response<String>, Status> {
        let (metadata, extensions, text) = request.into_parts();
        let request = self.ready("Place", Request::from_parts(metadata, extensions, tokio_stream::once(text))).await?;
        self.0.client_streaming(request, "/shop.Orders/Place".parse().expect("it is a path"), Text).await
    }

    /// What a call comes to that takes longer than its caller waits.
    pub async fn wait_too_long(mut self) -> Status {
        let mut request = Request::new("wait".to_owned());
        request.set_timeout(Duration::from_millis(30));
        self.place_with(request).await.expect_err("it takes too long")
    }

    pub async fn watch(&mut self, text: impl Into<String>) -> Result<Streaming<String>, Status> {
        let request = self.ready("Watch", tokio_stream::once(text.into())).await?;
        let response = self.0.streaming(request, "/shop.Orders/Watch".parse().expect("it is a path"), Text).await?;
        Ok(response.into_inner())
    }

    pub async fn collect(&mut self, messages: impl Stream<Item = String> + Send + 'static) -> Result<Response<String>, Status> {
        let request = self.ready("Collect", messages).await?;
        self.0.client_streaming(request, "/shop.Orders/Collect".parse().expect("it is a path"), Text).await
    }

    pub async fn chat(&mut self, messages: impl Stream<Item = String> + Send + 'static) -> Result<Streaming<String>, Status> {
        let request = self.ready("Chat", messages).await?;
        Ok(self.0.streaming(request, "/shop.Orders/Chat".parse().expect("it is a path"), Text).await?.into_inner())
    }

    /// Calls whatever path, as no generated client does.
    pub async fn call(&mut self, path: &str) -> Result<Response<String>, Status> {
        self.0.ready().await.map_err(|error| Status::unknown(error.into().to_string()))?;
        self.0.unary(Request::new("hello".to_owned()), path.parse().expect("it is a path"), Text).await
    }
}

/// All messages of a stream, and its end.
pub async fn all(mut messages: Streaming<String>) -> (Vec<String>, Result<(), Status>) {
    let mut all = Vec::new();
    loop {
        match messages.message().await {
            Ok(Some(message)) => all.push(message),
            Ok(None) => return (all, Ok(())),
            Err(status) => return (all, Err(status)),
        }
    }
}
