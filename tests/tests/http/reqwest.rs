//! The layer for clients around reqwest.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Redirect;
use axum::routing::get;
use otel_runtime::http::{Template, client};
use otel_runtime::testing::{Captured, capture_async};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use crate::client::told;
use crate::world::{Serving, serve};

fn app() -> Router {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let flaky = || async { if ASKED.fetch_add(1, Ordering::Relaxed) < 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } };
    Router::new()
        .route("/users/{id}", get(|| async { "Ada" }))
        .route("/told", get(told))
        .route("/moved", get(|| async { Redirect::to("/users/7") }))
        .route("/again", get(|| async { Redirect::to("/again") }))
        .route("/away", get(|uri: Uri| async move { Redirect::to(uri.query().unwrap_or_default()) }))
        .route("/flaky", get(flaky))
        .route("/never", get(std::future::pending::<&'static str>))
}

fn plain() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

fn instrumented() -> ClientWithMiddleware {
    ClientBuilder::new(plain().build().expect("there is a client")).with(client().body_sizes()).build()
}

/// What is recorded of what is done with a server.
async fn recorded<T>(work: impl AsyncFnOnce(&Serving) -> T) -> (T, Captured) {
    capture_async(async {
        let serving = serve(app()).await;
        let done = work(&serving).await;
        serving.end().await;
        done
    })
    .await
}

fn url(serving: &Serving, path: &str) -> String {
    format!("http://{}{path}", serving.address)
}

#[tokio::test]
async fn a_request() {
    let ((), captured) = recorded(async |serving| {
        let url = url(serving, "/users/7?sig=abc#top");
        let request = instrumented().get(&url).with_extension(Template::new("/users/{id}"));
        let response = request.send().await.expect("there is a response");
        let untouched = plain().build().expect("there is a client").get(&url).send().await.expect("there is a response");
        assert_eq!((response.url(), response.status()), (untouched.url(), untouched.status()));
        assert_eq!(response.text().await.expect("it has an end"), "Ada");
    })
    .await;
    let span = captured.one("GET /users/{id}");
    let value = |key: &str| span.attribute(key).map(ToString::to_string).unwrap_or_default();
    assert!(value("url.full").ends_with("/users/7?sig=REDACTED#top"), "{}", value("url.full"));
    assert_eq!((value("server.address"), value("network.peer.address")), ("127.0.0.1".to_owned(), "127.0.0.1".to_owned()));
    assert_eq!((value("http.response.status_code"), value("network.protocol.version")), ("200".to_owned(), "1.1".to_owned()));
    assert_eq!((value("http.request.body.size"), value("http.response.body.size")), ("0".to_owned(), "3".to_owned()));
    assert_eq!(captured.points("http.client.request.duration").count(), 1);
}

#[tokio::test]
async fn context_goes_along() {
    let (told, captured) = recorded(async |serving| {
        let response = instrumented().get(url(serving, "/told")).send().await.expect("there is a response");
        response.text().await.expect("it has an end")
    })
    .await;
    let span = captured.one("GET");
    assert_eq!(told.trim(), format!("00-{}-{}-03", span.trace_id, span.span_id));
}

#[tokio::test]
async fn redirects_are_part_of_what_was_asked_for() {
    let (last, captured) = recorded(async |serving| {
        let response = instrumented().get(url(serving, "/moved")).send().await.expect("there is a response");
        response.url().path().to_owned()
    })
    .await;
    assert_eq!(last, "/users/7", "the response has the URL that it came from");
    let asked = captured.one("GET").attribute("url.full").map(ToString::to_string);
    assert!(asked.is_some_and(|url| url.ends_with("/moved")), "{}", captured.tree());
}

#[tokio::test]
async fn redirects_out_of_the_list_are_not_followed_if_the_policy_says_so() {
    // The context that arrives at the end of a redirect to another name of the same host, and the status.
    let followed = async |listed: &[&str], with_policy: bool| {
        let (told, captured) = recorded(async |serving| {
            let layer = client().propagate_to(listed.iter().copied());
            let inner = if with_policy { plain().redirect(layer.redirect_policy()) } else { plain() };
            let client = ClientBuilder::new(inner.build().expect("there is a client")).with(layer).build();
            let elsewhere = format!("/away?http://localhost:{}/told", serving.address.port());
            let response = client.get(url(serving, &elsewhere)).send().await.expect("there is a response");
            let status = response.status().as_u16();
            (status, response.text().await.expect("it has an end").trim().to_owned())
        })
        .await;
        let span = captured.one("GET");
        let is_told = told.1 == format!("00-{}-{}-03", span.trace_id, span.span_id);
        assert!(is_told || told.1.is_empty(), "{told:?}");
        (told.0, is_told)
    };
    assert_eq!(followed(&["127.0.0.1"], false).await, (200, true), "what reqwest follows has all headers");
    assert_eq!(followed(&["127.0.0.1"], true).await, (303, false));
    assert_eq!(followed(&["127.0.0.1", "localhost"], true).await, (200, true));
    assert_eq!(followed(&["*.example.com"], true).await, (303, false));
}

#[tokio::test]
async fn as_many_redirects_are_followed_as_without_the_policy() {
    for with_policy in [false, true] {
        let (error, _) = recorded(async |serving| {
            let inner = if with_policy { plain().redirect(client().redirect_policy()) } else { plain() };
            let client = ClientBuilder::new(inner.build().expect("there is a client")).with(client()).build();
            assert_eq!(client.get(url(serving, "/moved")).send().await.expect("there is a response").url().path(), "/users/7");
            client.get(url(serving, "/again")).send().await.expect_err("it has no end").to_string()
        })
        .await;
        assert!(error.contains("redirect"), "{error}");
    }
}

#[tokio::test]
async fn errors_have_classes_and_no_secrets() {
    let errors = async |path: &str| {
        let ((), captured) = recorded(async |serving| {
            let inner = plain().timeout(Duration::from_millis(200)).build().expect("there is a client");
            let client = ClientBuilder::new(inner).with(client()).build();
            client.get(url(serving, path)).send().await.expect_err("there is no response");
        })
        .await;
        captured
    };
    for (path, class) in [("/never?sig=s3cr3t", "timeout"), ("/again?sig=s3cr3t", "redirect")] {
        let captured = errors(path).await;
        assert_eq!(captured.one("GET").attribute("error.type").map(ToString::to_string).as_deref(), Some(class), "{}", captured.tree());
        assert!(!captured.tree().contains("s3cr3t"), "{}", captured.tree());
    }
    let ((), captured) = capture_async(async {
        let serving = serve(app()).await;
        let gone = url(&serving, "/users/7");
        serving.end().await;
        instrumented().get(gone).send().await.expect_err("nobody listens");
    })
    .await;
    assert!(captured.tree().contains("error=connection_refused"), "{}", captured.tree());
}

/// Says what went wrong below in words of its own, with the URL in them.
struct Wordy;

#[async_trait::async_trait]
impl Middleware for Wordy {
    async fn handle(&self, request: reqwest::Request, extensions: &mut http::Extensions, next: Next<'_>) -> Result<reqwest::Response> {
        next.run(request, extensions).await.map_err(|error| reqwest_middleware::Error::Middleware(error.into()))
    }
}

#[tokio::test]
async fn an_error_of_another_middleware_has_no_secrets_either() {
    let ((), captured) = recorded(async |serving| {
        let inner = plain().timeout(Duration::from_millis(200)).build().expect("there is a client");
        let client = ClientBuilder::new(inner).with(client()).with(Wordy).build();
        let error = client.get(url(serving, "/never?sig=s3cr3t")).send().await.expect_err("there is no response");
        assert!(format!("{error:?}").contains("s3cr3t"), "it is there to be left out: {error:?}");
    })
    .await;
    assert!(captured.tree().contains(" error=") && !captured.tree().contains("s3cr3t"), "{}", captured.tree());
}

/// Sends a request again until it is answered.
struct Persistent;

#[async_trait::async_trait]
impl Middleware for Persistent {
    async fn handle(&self, request: reqwest::Request, extensions: &mut http::Extensions, next: Next<'_>) -> Result<reqwest::Response> {
        loop {
            let again = request.try_clone().expect("it has no body");
            let response = next.clone().run(again, extensions).await?;
            if !response.status().is_server_error() {
                return Ok(response);
            }
        }
    }
}

#[tokio::test]
async fn each_time_that_a_request_is_sent_again_is_counted() {
    let ((), captured) = recorded(async |serving| {
        let inner = plain().build().expect("there is a client");
        let client = ClientBuilder::new(inner).with(Persistent).with(client()).build();
        client.get(url(serving, "/flaky")).send().await.expect("there is a response");
    })
    .await;
    let counts: Vec<Option<String>> =
        captured.all().iter().map(|span| span.attribute("http.request.resend_count").map(ToString::to_string)).collect();
    assert_eq!(counts, [None, Some("1".to_owned()), Some("2".to_owned())], "{}", captured.tree());
}
