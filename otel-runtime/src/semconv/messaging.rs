//! Messaging (semantic conventions, "Messaging spans" <https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/> and "Messaging
//! metrics" <https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/>), as pure functions.

mod destination;
pub(crate) mod metrics;
mod pattern;

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute as key;

pub(crate) use self::destination::Cardinality;
pub use self::destination::Destination;
pub(crate) use self::pattern::matches;

/// `messaging.operation.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationType {
    Create,
    Send,
    Receive,
    Process,
    Settle,
}

impl OperationType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Process => "process",
            Self::Settle => "settle",
        }
    }
}

/// What is known of an operation when it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described<'a> {
    pub(crate) of_type: OperationType,
    /// As the system calls it: `publish`, `ack`.
    pub(crate) name: &'static str,
    pub(crate) destination: &'a Destination<'a>,
    /// How many messages there are, where the operation is one on a batch.
    pub(crate) batch: Option<usize>,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) conversation_id: Option<&'a str>,
}

impl Described<'_> {
    /// The operation, and the destination if it has a name of which there are few.
    pub(crate) fn span_name(&self) -> Cow<'static, str> {
        match self.destination.in_span_name() {
            Some(destination) => Cow::Owned(format!("{} {destination}", self.name)),
            None => Cow::Borrowed(self.name),
        }
    }

    /// The attributes of the span that are known at its start.
    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(16);
        attributes.extend([self.operation_name(), self.operation_type(), self.system()]);
        self.destination.attributes(&mut attributes);
        attributes.extend(self.batch.map(message_count));
        attributes.extend(self.message_id.map(|id| KeyValue::new(key::MESSAGING_MESSAGE_ID, id.to_owned())));
        let conversation = self.conversation_id.filter(|id| !id.is_empty());
        attributes.extend(conversation.map(|id| KeyValue::new(key::MESSAGING_MESSAGE_CONVERSATION_ID, id.to_owned())));
        attributes
    }

    /// The labels of metrics. Only the duration of an operation by a client has the type; what is processed has no other.
    pub(crate) fn labels(&self) -> Vec<KeyValue> {
        let mut labels = Vec::with_capacity(8);
        labels.extend([self.operation_name(), self.system()]);
        labels.extend((self.of_type != OperationType::Process).then(|| self.operation_type()));
        self.destination.labels(&mut labels);
        labels
    }

    fn operation_name(&self) -> KeyValue {
        KeyValue::new(key::MESSAGING_OPERATION_NAME, self.name)
    }

    fn operation_type(&self) -> KeyValue {
        KeyValue::new(key::MESSAGING_OPERATION_TYPE, self.of_type.as_str())
    }

    fn system(&self) -> KeyValue {
        KeyValue::new(key::MESSAGING_SYSTEM, self.destination.system().to_owned())
    }
}

/// `messaging.batch.message_count`.
pub(crate) fn message_count(count: usize) -> KeyValue {
    KeyValue::new(key::MESSAGING_BATCH_MESSAGE_COUNT, i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
