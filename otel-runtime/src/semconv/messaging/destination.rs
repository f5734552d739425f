//! [`Destination`]: where messages go, or come from.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute as key;

/// A queue, a topic, an exchange or a subject, of a system of messaging (semantic conventions,
/// [`messaging.destination.*`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/)).
///
/// ```
/// use otel_runtime::messaging::Destination;
///
/// const ORDERS: Destination = Destination::new("pulsar", "orders").server("pulsar.example", 6650);
/// # assert!(format!("{ORDERS:?}").contains("orders"));
/// ```
///
/// Its name is part of the names of spans and of what is measured, so there must be few. Where names have data in them, give the
/// [`template`](Self::template) that they are made of, or say that there are [`many`](Self::of_many_names).
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    system: &'a str,
    /// What the name is made of, with `:` between; empty parts are left out.
    name: [&'a str; 3],
    cardinality: Cardinality,
    template: Option<&'a str>,
    is_temporary: bool,
    is_anonymous: bool,
    partition: Option<&'a str>,
    subscription: Option<&'a str>,
    group: Option<&'a str>,
    client_id: Option<&'a str>,
    server: Option<(&'a str, Option<u16>)>,
}

/// How many names there are of what a destination is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cardinality {
    Few,
    /// Nobody has said so: enough for the name of a span, where the conventions want it, not for a metric.
    Unknown,
    Many,
}

impl<'a> Destination<'a> {
    /// A destination in a system: one of the [well-known ones](https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/),
    /// such as `kafka`, `rabbitmq`, `aws_sqs` or `gcp_pubsub`, or another in lower case.
    ///
    /// An empty name stands for none.
    #[must_use]
    pub const fn new(system: &'a str, name: &'a str) -> Self {
        Self {
            system,
            name: [name, "", ""],
            cardinality: Cardinality::Few,
            template: None,
            is_temporary: false,
            is_anonymous: false,
            partition: None,
            subscription: None,
            group: None,
            client_id: None,
            server: None,
        }
    }

    /// A destination whose name is made of parts, of which those count that are not empty.
    pub(crate) const fn joined(system: &'a str, name: [&'a str; 3]) -> Self {
        let mut destination = Self::new(system, "");
        destination.name = name;
        destination
    }

    pub(crate) const fn with_cardinality(mut self, cardinality: Cardinality) -> Self {
        self.cardinality = cardinality;
        self
    }

    /// What the name was made of, of which there are few: `customers.{id}.orders`, or the pattern of a subscription. It takes the place of the
    /// name in the names of spans and in metrics.
    #[must_use]
    pub const fn template(mut self, template: &'a str) -> Self {
        self.template = Some(template);
        self
    }

    /// There are so many names like this one that it is an attribute of spans alone.
    #[must_use]
    pub const fn of_many_names(mut self) -> Self {
        self.cardinality = Cardinality::Many;
        self
    }

    /// It might not exist any more after the messages are processed, as a queue for replies.
    #[must_use]
    pub const fn temporary(mut self) -> Self {
        self.is_temporary = true;
        self
    }

    /// It has no name, or one that the system made up.
    #[must_use]
    pub const fn anonymous(mut self) -> Self {
        self.is_anonymous = true;
        self
    }

    /// The partition that messages are sent to or received from.
    #[must_use]
    pub const fn partition(mut self, id: &'a str) -> Self {
        self.partition = Some(id);
        self
    }

    /// The subscription that messages are consumed from, where the system has them by name.
    #[must_use]
    pub const fn subscription(mut self, name: &'a str) -> Self {
        self.subscription = Some(name);
        self
    }

    /// The group of the consumer.
    #[must_use]
    pub const fn consumer_group(mut self, name: &'a str) -> Self {
        self.group = Some(name);
        self
    }

    /// What the system knows this client by.
    #[must_use]
    pub const fn client_id(mut self, id: &'a str) -> Self {
        self.client_id = Some(id);
        self
    }

    /// The broker, as the client was told where it is.
    #[must_use]
    pub const fn server(mut self, address: &'a str, port: u16) -> Self {
        self.server = Some((address, Some(port)));
        self
    }

    pub(crate) fn system(&self) -> &'a str {
        self.system
    }

    fn name(&self) -> Option<Cow<'a, str>> {
        let mut parts = self.name.into_iter().filter(|part| !part.is_empty());
        let first = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        if rest.is_empty() { Some(first.into()) } else { Some(format!("{first}:{}", rest.join(":")).into()) }
    }

    fn is_lasting(&self) -> bool {
        !self.is_temporary && !self.is_anonymous
    }

    /// What stands for it in the name of a span (conventions, "Span name").
    pub(super) fn in_span_name(&self) -> Option<Cow<'a, str>> {
        let name = || self.name().filter(|_| self.is_lasting() && self.cardinality != Cardinality::Many);
        let server = || match self.server {
            Some((address, Some(port))) if self.name.iter().all(|part| part.is_empty()) => Some(format!("{address}:{port}").into()),
            _ => None,
        };
        self.template.map(Cow::Borrowed).or_else(name).or_else(server)
    }

    pub(super) fn attributes(&self, into: &mut Vec<KeyValue>) {
        into.extend(self.name().map(|name| KeyValue::new(key::MESSAGING_DESTINATION_NAME, name.into_owned())));
        into.extend(self.is_temporary.then(|| KeyValue::new(key::MESSAGING_DESTINATION_TEMPORARY, true)));
        into.extend(self.is_anonymous.then(|| KeyValue::new(key::MESSAGING_DESTINATION_ANONYMOUS, true)));
        into.extend(text(key::MESSAGING_DESTINATION_PARTITION_ID, self.partition));
        into.extend(text(key::MESSAGING_CLIENT_ID, self.client_id));
        self.of_both(into);
    }

    pub(super) fn labels(&self, into: &mut Vec<KeyValue>) {
        if self.template.is_none() && self.is_lasting() && self.cardinality == Cardinality::Few {
            into.extend(self.name().map(|name| KeyValue::new(key::MESSAGING_DESTINATION_NAME, name.into_owned())));
        }
        self.of_both(into);
    }

    fn of_both(&self, into: &mut Vec<KeyValue>) {
        into.extend(text(key::MESSAGING_DESTINATION_TEMPLATE, self.template));
        into.extend(text(key::MESSAGING_DESTINATION_SUBSCRIPTION_NAME, self.subscription));
        into.extend(text(key::MESSAGING_CONSUMER_GROUP_NAME, self.group));
        if let Some((address, port)) = self.server {
            into.push(KeyValue::new(key::SERVER_ADDRESS, address.to_owned()));
            into.extend(port.map(|port| KeyValue::new(key::SERVER_PORT, i64::from(port))));
        }
    }
}

fn text(key: &'static str, value: Option<&str>) -> Option<KeyValue> {
    value.map(|value| KeyValue::new(key, value.to_owned()))
}
