//! The layer for clients as a middleware of reqwest's.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::sync::Arc;

use ::reqwest::redirect::Policy;
use ::reqwest::{Body, Request, Response, ResponseBuilderExt, Url};
use async_trait::async_trait;
use http::{Extensions, HeaderMap, Method, Uri};
use http_body::Body as _;
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::ResponseFuture;
use super::client::{CLIENT, ClientLayer};
use super::errors;
use super::extensions::{ResendCount, Template};
use crate::causes::chain;
use crate::outcome::Outcome;
use crate::semconv::http::{Asked, redacted_url};

/// How often a request went through a client: middlewares that send one again share its extensions.
#[derive(Clone, Copy)]
struct Sent(u32);

/// `ClientBuilder::new(client).with(http::client())`; [`Template`] and [`ResendCount`] are looked for among the extensions of the request.
#[async_trait]
impl Middleware for ClientLayer {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        if CLIENT.are_idle() {
            return next.run(request, extensions).await;
        }
        let sent = extensions.get::<Sent>().map_or(0, |Sent(sent)| *sent);
        extensions.insert(Sent(sent.saturating_add(1)));
        let uri = uri(request.url());
        let (fragment, method) = (request.url().fragment().map(str::to_owned), request.method().clone());
        let size = request.body().map_or(Some(0), |body| body.size_hint().exact());
        let exchange = self.config.begin_with(&method, &uri, request.headers_mut(), size, |asked: &mut Asked<'_>| {
            asked.fragment = fragment.as_deref();
            asked.template = extensions.get::<Template>().map(Template::as_str);
            asked.resends = extensions.get::<ResendCount>().map_or(sent, |ResendCount(count)| *count);
        });
        let sending = async { next.run(request, extensions).await.map(with_its_url) };
        let answered = ResponseFuture::new(exchange, sending).await?;
        Ok(answered.map(Body::wrap).into())
    }
}

impl ClientLayer {
    /// A policy by which reqwest follows redirects, as many as it does by default, to nobody but the hosts that context is
    /// [given to](Self::propagate_to): what it follows by itself has the headers of the request, whoever is asked next. A redirect to any other host is
    /// not followed; it is the response.
    ///
    /// ```
    /// use otel_runtime::http;
    /// use reqwest_middleware::ClientBuilder;
    ///
    /// let layer = http::client().propagate_to(["*.internal.example.com"]);
    /// let client = reqwest::Client::builder().redirect(layer.redirect_policy()).build()?;
    /// let client = ClientBuilder::new(client).with(layer).build();
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    #[must_use]
    pub fn redirect_policy(&self) -> Policy {
        let config = Arc::clone(&self.config);
        Policy::custom(move |attempt| {
            let (uri, headers) = (uri(attempt.url()), HeaderMap::new());
            let next = Asked::new(&Method::GET, &uri, &headers);
            if config.gives_context_to(next.host()) { Policy::default().redirect(attempt) } else { attempt.stop() }
        })
    }
}

/// What reqwest takes for a URL, and no request can have, has no host either, and reqwest says so.
fn uri(url: &Url) -> Uri {
    Uri::try_from(url.as_str()).unwrap_or_default()
}

/// The response in the terms of HTTP, in which reqwest's own URL would be lost.
fn with_its_url(response: Response) -> http::Response<Body> {
    let carrier = http::Response::builder().url(response.url().clone()).body(());
    let mut response = http::Response::<Body>::from(response);
    if let Ok(carrier) = carrier {
        response.extensions_mut().extend(carrier.into_parts().0.extensions);
    }
    response
}

/// What an error of reqwest's, or of a middleware's, says of itself. Its text has the URL, secrets included.
pub(super) fn outcome(error: &dyn Any) -> Option<Outcome> {
    let error = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(error), _) | (None, Some(Error::Reqwest(error))) => error,
        (None, Some(Error::Middleware(error))) => {
            let class = errors::class(error.as_ref()).unwrap_or(Cow::Borrowed("_OTHER"));
            // Whatever it is, it may be around an error of reqwest's without saying so, and have its text.
            return Some(Outcome::described(class, type_name::<Error>(), &""));
        }
        (None, None) => return None,
    };
    let classes = [
        (error.is_timeout(), "timeout"),
        (error.is_redirect(), "redirect"),
        (error.is_decode(), "decode"),
        (error.is_connect(), "connect"),
    ];
    let own = || classes.into_iter().find(|(is, _)| *is).map(|(_, class)| class.into());
    let class = errors::class(error).or_else(own).unwrap_or(type_name::<::reqwest::Error>().into());
    Some(Outcome::described(class, type_name::<::reqwest::Error>(), &Redacted(error)))
}

/// What an error says of itself that may be around one of reqwest's. There is no telling where in its own text that one's URL stands, so it says
/// nothing then.
pub(super) fn described(class: Cow<'static, str>, name: &'static str, error: &(dyn StdError + 'static), text: &impl Display) -> Outcome {
    let is_reqwests = chain(error).any(|error| error.is::<::reqwest::Error>() || error.is::<Error>());
    if is_reqwests { Outcome::described(class, name, &"") } else { Outcome::described(class, name, text) }
}

struct Redacted<'a>(&'a ::reqwest::Error);

impl Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match self.0.url().map(Url::as_str) {
            Some(url) => f.write_str(&text.replace(url, &redacted_url(url))),
            None => f.write_str(&text),
        }
    }
}
