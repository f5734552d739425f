//! [`Exchange`]: a request and its response, from the first byte that is known of until the last one of the response's body.

use std::fmt::Display;
use std::iter;
use std::sync::Arc;

use bytes::Buf;
use http::response::Parts;
use http::{Method, StatusCode, header};
use http_body::{Body, Frame};
use hyper_util::client::legacy::connect::HttpInfo;
use opentelemetry::trace::{TraceContextExt, TraceId};

use super::errors;
use super::extensions::{Found, Route};
use super::settings::Settings;
use crate::middleware::{Operation, exchange};
use crate::outcome::Outcome;
use crate::semconv::http::{self as semconv, KnownMethod};
use crate::semconv::network;

/// The numbers of the amounts that both layers measure.
const REQUEST_SIZE: usize = 0;
const RESPONSE_SIZE: usize = 1;

/// The guard of a request and its response. Dropped before its end, it was cancelled.
#[derive(Debug, Default)]
pub struct Exchange {
    operation: Operation,
    /// `None`: nothing is recorded, or no more.
    record: Option<Record>,
}

#[derive(Debug)]
struct Record {
    side: Side,
    settings: Arc<Settings>,
    method: KnownMethod,
    /// Whether the body of a response has no bytes, because the method says so.
    is_without_body: bool,
    request_size: Option<u64>,
    answer: Option<Answer>,
}

/// Which side of the connection the exchange is seen from.
#[derive(Debug)]
pub(super) enum Side {
    Server {
        /// Where the route is found, if it was not known at the start.
        route: Option<Found>,
    },
    Client,
}

/// The response, as far as it is known.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    /// The bytes of its body so far.
    size: u64,
    /// The bytes that it is to have, if that is known.
    expected: Option<u64>,
    /// Whether all of the body went over, though nobody has asked for its end yet.
    is_complete: bool,
}

/// How an exchange ended.
#[derive(Debug)]
enum End {
    /// All of the response was there.
    Complete,
    /// Nobody was interested any more.
    Dropped,
    Failed(Outcome),
}

impl Exchange {
    /// Nothing is recorded; what runs under it does so in the operation's context.
    pub(super) fn passing(operation: Operation) -> Self {
        Self { operation, record: None }
    }

    pub(super) fn started(operation: Operation, side: Side, settings: Arc<Settings>, method: KnownMethod, sent: &Method) -> Self {
        let is_without_body = sent == Method::HEAD || sent == Method::CONNECT;
        Self { operation, record: Some(Record { side, settings, method, is_without_body, request_size: None, answer: None }) }
    }

    /// Notes how many bytes the body of the request has.
    pub(super) fn asked_with(&mut self, size: Option<u64>) {
        if let Some(record) = &mut self.record {
            record.request_size = size;
        }
    }

    fn answer(&mut self) -> Option<&mut Answer> {
        self.record.as_mut()?.answer.as_mut()
    }

    fn finish(&mut self, end: End) {
        let Some(record) = self.record.take() else { return };
        let Record { side, settings, method, request_size, answer, .. } = record;
        if let Side::Server { route: Some(found) } = &side
            && let Some(route) = found.route()
        {
            routed(&mut self.operation, &method, route);
        }
        if settings.body_sizes {
            let response_size = answer.as_ref().map(|answer| answer.size);
            self.operation.set(request_size.map(semconv::request_size).into_iter().chain(response_size.map(semconv::response_size)));
            for (index, size) in [(REQUEST_SIZE, request_size), (RESPONSE_SIZE, response_size)] {
                if let Some(size) = size {
                    self.operation.amount(index, size);
                }
            }
        }
        self.operation.end(outcome(&side, answer.as_ref(), end));
    }
}

impl exchange::Exchange for Exchange {
    fn operation(&self) -> &Operation {
        &self.operation
    }

    fn panicked(&mut self) {
        self.finish(End::Failed(Outcome::PANICKED));
    }

    fn answered<B: Body>(&mut self, parts: &mut Parts, body: &B) {
        let Some(record) = &mut self.record else { return };
        let declared = || parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        record.answer = Some(Answer {
            status: parts.status,
            size: 0,
            expected: body.size_hint().exact().or_else(declared),
            is_complete: record.is_without_body || body.is_end_stream() || has_no_body(parts.status),
        });
        let status = semconv::status_code(parts.status);
        match &record.side {
            Side::Server { route } => {
                self.operation.label(iter::once(&status));
                self.operation.set([status]);
                if let (Some(_), Some(route)) = (route, parts.extensions.get::<Route>()) {
                    routed(&mut self.operation, &record.method, route);
                    record.side = Side::Server { route: None };
                }
            }
            Side::Client => {
                let version = semconv::protocol_version(parts.version);
                self.operation.label(iter::once(&status).chain(&version));
                self.operation.set(iter::once(status).chain(version));
                if let Some(info) = parts.extensions.get::<HttpInfo>() {
                    self.operation.set(network::peer(info.remote_addr()));
                }
            }
        }
        if !record.settings.of_response.is_empty() {
            self.operation.set(record.settings.of_response.of(&parts.headers));
        }
        if let Some(name) = &record.settings.trace_id_header
            && let Some(trace) = self.operation.context().map(|context| context.span().span_context().trace_id())
            && trace != TraceId::INVALID
            && let Ok(value) = trace.to_string().try_into()
        {
            parts.headers.insert(name.clone(), value);
        }
    }

    fn failed<E: Display + 'static>(&mut self, error: &E) {
        if self.record.is_some() {
            self.finish(End::Failed(errors::outcome(error)));
        }
    }

    fn passed<D: Buf>(&mut self, frame: &Frame<D>) {
        if let Some(answer) = self.answer() {
            let bytes = frame.data_ref().map_or(0, Buf::remaining);
            answer.size = answer.size.saturating_add(bytes as u64);
            // Whoever knows how long it is does not ask for its end.
            answer.is_complete |= answer.expected.is_some_and(|expected| answer.size >= expected);
        }
    }

    fn complete(&mut self) {
        self.finish(End::Complete);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.finish(End::Dropped);
    }
}

/// The route is known now.
fn routed(operation: &mut Operation, method: &KnownMethod, route: &Route) {
    if operation.records() {
        operation.rename(method.span_name(Some(route.as_str())));
        operation.set([semconv::http_route(route.as_str())]);
    }
    if operation.measures() {
        operation.label(&[semconv::http_route(route.as_str())]);
    }
}

/// A status whose response never has a body, whatever its headers say (RFC 9110, section 6.4.1).
fn has_no_body(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

fn outcome(side: &Side, answer: Option<&Answer>, end: End) -> Outcome {
    let Some(answer) = answer else {
        return if let End::Failed(outcome) = end { outcome } else { Outcome::CANCELLED };
    };
    // What the status says of it is said, whatever became of the rest.
    let of_status = match side {
        Side::Server { .. } => semconv::served_outcome(answer.status),
        Side::Client => semconv::asked_outcome(answer.status),
    };
    match end {
        _ if of_status.is_error() => of_status,
        End::Failed(outcome) => outcome,
        // A client that knows what it wants to know leaves the rest unread; a server that cannot send the rest was left alone.
        End::Dropped if matches!(side, Side::Server { .. }) && !answer.is_complete => Outcome::CANCELLED,
        End::Complete | End::Dropped => of_status,
    }
}
