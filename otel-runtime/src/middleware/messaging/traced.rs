//! [`Traced`]: a client of a library's, some calls of which are recorded.

use std::ops::Deref;

use crate::semconv::messaging::{Destination, matches};

/// A client whose calls that send and receive are recorded, and which is the client itself in all others.
///
/// Which calls those are is on the page of each library: `messaging::async_nats`, `messaging::lapin`, `messaging::rdkafka`.
#[derive(Clone, Debug)]
pub struct Traced<T> {
    pub(super) client: T,
    server: Option<(String, u16)>,
    templates: Vec<String>,
}

/// Has the calls of a client recorded.
///
/// ```
/// # struct Client;
/// # fn connect() -> Client { Client }
/// let client = otel_runtime::messaging::traced(connect()).server("broker.example", 4222);
/// # let _: &Client = &client;
/// ```
pub fn traced<T>(client: T) -> Traced<T> {
    Traced { client, server: None, templates: Vec::new() }
}

impl<T> Traced<T> {
    /// The broker, as the client was told where it is: `server.address` and `server.port`.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>, port: u16) -> Self {
        self.server = Some((address.into(), port));
        self
    }

    /// Patterns of subjects or routing keys: one that fits the first of them stands under the pattern in the names of spans and in metrics, where
    /// there must be few. Words are between dots; `*` is any word, `>` and `#` are any number of them.
    ///
    /// ```
    /// # struct Client;
    /// # fn connect() -> Client { Client }
    /// let client = otel_runtime::messaging::traced(connect()).templates(["orders.new", "customers.*.created"]);
    /// # let _: &Client = &client;
    /// ```
    #[must_use]
    pub fn templates(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.templates = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// The client as it was.
    pub fn into_inner(self) -> T {
        self.client
    }

    /// A destination with what is known here of it, by the words that patterns are for.
    pub(super) fn known<'a>(&'a self, mut destination: Destination<'a>, words: &str) -> Destination<'a> {
        if let Some((address, port)) = &self.server {
            destination = destination.server(address, *port);
        }
        match self.templates.iter().find(|pattern| matches(pattern, words)) {
            Some(template) => destination.template(template),
            None => destination,
        }
    }
}

impl<T> Deref for Traced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.client
    }
}
