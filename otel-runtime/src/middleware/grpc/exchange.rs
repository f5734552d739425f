//! [`Exchange`]: a call, from its request until the trailers of its response, whatever streams over it meanwhile.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame};
use opentelemetry::Key;
use tonic::Code;

use super::errors;
use super::methods::Proof;
use super::settings::Settings;
use crate::clock::Moment;
use crate::middleware::{Operation, exchange};
use crate::outcome::Outcome;
use crate::semconv::rpc as semconv;

/// The guard of a call. Dropped before its end, it was cancelled.
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
    /// When the call began, and how long the caller waits.
    deadline: Option<(Moment, Duration)>,
    /// The status of HTTP, from which those understand what became of a call who are told nothing else.
    answer: Option<StatusCode>,
    status: Option<(Code, String)>,
    /// Metadata of the response that is recorded already: what comes later does not take its place.
    metadata: Vec<Key>,
}

/// Which side of the connection a call is seen from.
#[derive(Debug)]
pub(super) enum Side {
    Server {
        /// What shows whether the server has the method, if that was not known at the start.
        proof: Option<Proof>,
    },
    Client,
}

/// How a call ended.
#[derive(Debug)]
enum End {
    /// All of the response was there.
    Complete,
    /// Nobody was interested any more.
    Dropped,
    Panicked,
}

impl Exchange {
    /// Nothing is recorded; what runs under it does so in the operation's context.
    pub(super) fn passing(operation: Operation) -> Self {
        Self { operation, record: None }
    }

    pub(super) fn started(operation: Operation, side: Side, settings: &Arc<Settings>, request: &HeaderMap) -> Self {
        let deadline = semconv::deadline(request).map(|deadline| (Moment::now(), deadline));
        let settings = Arc::clone(settings);
        Self { operation, record: Some(Record { side, settings, deadline, answer: None, status: None, metadata: Vec::new() }) }
    }

    /// Headers or trailers of the response.
    fn received(&mut self, headers: &HeaderMap) {
        let Some(record) = &mut self.record else { return };
        if let Some(code) = semconv::code(headers) {
            record.status = Some((code, semconv::message(headers)));
        }
        for attribute in record.settings.of_response.of(headers) {
            if !record.metadata.contains(&attribute.key) {
                record.metadata.push(attribute.key.clone());
                self.operation.set([attribute]);
            }
        }
    }

    fn finish(&mut self, end: End) {
        let Some(record) = self.record.take() else { return };
        let Record { side, deadline, answer, status, .. } = record;
        let was_told = status.is_some();
        let is_late = || deadline.is_some_and(|(began, deadline)| Duration::from(Moment::now().since(began)) >= deadline);
        let status = status.or_else(|| match end {
            End::Complete => answer.map(|answer| (semconv::inferred(answer), String::new())),
            End::Dropped => Some((if is_late() { Code::DeadlineExceeded } else { Code::Cancelled }, String::new())),
            End::Panicked => None,
        });
        if let Side::Server { proof: Some(proof) } = &side {
            found(&mut self.operation, proof);
        }
        let outcome = match (status, end) {
            (_, End::Panicked) => Outcome::PANICKED,
            (None, _) => Outcome::OK,
            (Some((code, message)), end) => {
                self.operation.set([semconv::status_code(code)]);
                self.operation.label(&[semconv::status_code(code)]);
                match (&side, end) {
                    (_, End::Dropped) if !was_told && code == Code::Cancelled => Outcome::CANCELLED,
                    (Side::Server { .. }, _) => semconv::served_outcome(code, message),
                    (Side::Client, _) => semconv::asked_outcome(code, message),
                }
            }
        };
        self.operation.end(outcome);
    }
}

impl exchange::Exchange for Exchange {
    fn operation(&self) -> &Operation {
        &self.operation
    }

    fn panicked(&mut self) {
        self.finish(End::Panicked);
    }

    fn answered<B: Body>(&mut self, parts: &mut Parts, _: &B) {
        self.received(&parts.headers);
        let Some(record) = &mut self.record else { return };
        record.answer = Some(parts.status);
        if record.status.is_none() {
            if parts.status != StatusCode::OK {
                record.status = Some((semconv::inferred(parts.status), String::new()));
            } else if let Side::Server { proof: Some(proof) } = &record.side {
                proof.answered();
            }
        }
    }

    fn failed<E: Display + 'static>(&mut self, error: &E) {
        if let Some(record) = &mut self.record {
            record.status = Some(errors::status(error));
            self.finish(End::Complete);
        }
    }

    fn passed<D: Buf>(&mut self, frame: &Frame<D>) {
        if let Some(trailers) = frame.trailers_ref() {
            self.received(trailers);
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

/// It is known now whether the server has the method.
fn found(operation: &mut Operation, proof: &Proof) {
    let method = proof.method();
    if operation.records() {
        operation.rename(semconv::span_name(Some(&method)));
        operation.set(method.attributes(&proof.path));
    }
    if operation.measures() {
        operation.label(&[method.attribute()]);
    }
}
