//! What the layers for databases share: how an error is told.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::DB_RESPONSE_STATUS_CODE;

use super::Operation;
use crate::outcome::Outcome;
use crate::semconv::db;

/// What went wrong.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    /// The database's code for it, if it is the database's error.
    pub(super) code: Option<Cow<'a, str>>,
    /// `error.type`: the code, or its class, of which there are few.
    pub(super) class: Cow<'static, str>,
    pub(super) said: Cow<'a, str>,
}

impl Failure<'_> {
    /// Ends an operation with this error; of what is said, only what is fit to be exported beside the text that is exported.
    pub(super) fn end(self, operation: &mut Operation, exported: &str) {
        if let Some(code) = self.code {
            operation.set([KeyValue::new(DB_RESPONSE_STATUS_CODE, code.into_owned())]);
            operation.label(&[KeyValue::new(DB_RESPONSE_STATUS_CODE, self.class.clone())]);
        }
        operation.end(Outcome::error(self.class, db::message(&self.said, exported)));
    }
}
