//! What spans have, by class: the tables of the pages "HTTP spans", "Database client spans", "RPC spans" with "gRPC", "Messaging spans", "`FaaS` spans" with
//! "AWS Lambda", and "Code" of the semantic conventions 1.42.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::subject::Subject;
use crate::receiver::Received;

/// An attribute, as a table of the conventions has it.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) key: &'static str,
    level: Level,
}

type Condition = fn(&Subject<'_>) -> bool;

/// Whether it has to be there.
#[derive(Debug)]
enum Level {
    Required,
    /// Where this holds, and nowhere else.
    When(Condition),
    /// Where this holds; elsewhere it may be.
    Wherever(Condition),
    /// If there is something to say.
    Recommended,
    /// If somebody asks for it, or where a condition holds that what was recorded does not tell.
    OptIn,
}

/// What is wrong with an attribute that is there or is not.
pub(super) enum Missing {
    Required,
    Recommended,
    Unwanted,
}

impl Attribute {
    /// Whether the tables leave open where it has to be.
    pub(super) fn is_optional(&self) -> bool {
        matches!(self.level, Level::OptIn)
    }

    pub(super) fn missing(&self, subject: &Subject<'_>) -> Option<Missing> {
        let is_there = subject.has(self.key);
        match self.level {
            Level::Required => (!is_there).then_some(Missing::Required),
            Level::When(holds) if is_there => (!holds(subject)).then_some(Missing::Unwanted),
            Level::When(holds) | Level::Wherever(holds) => (!is_there && holds(subject)).then_some(Missing::Required),
            Level::Recommended => (!is_there).then_some(Missing::Recommended),
            Level::OptIn => None,
        }
    }
}

pub(super) const fn required(key: &'static str) -> Attribute {
    Attribute { key, level: Level::Required }
}

pub(super) const fn recommended(key: &'static str) -> Attribute {
    Attribute { key, level: Level::Recommended }
}

pub(super) const fn opt_in(key: &'static str) -> Attribute {
    Attribute { key, level: Level::OptIn }
}

pub(super) const fn when(key: &'static str, holds: Condition) -> Attribute {
    Attribute { key, level: Level::When(holds) }
}

pub(super) const fn wherever(key: &'static str, holds: Condition) -> Attribute {
    Attribute { key, level: Level::Wherever(holds) }
}

/// A class of spans.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: &'static str,
    kinds: &'static [SpanKind],
    /// What no other span of these kinds has.
    told_by: &'static str,
    pub(super) attributes: &'static [Attribute],
    /// How it is called, where the conventions say it.
    pub(super) span_name: fn(&Subject<'_>) -> Option<String>,
    /// What `error.type` is, where other attributes say it.
    pub(super) error: fn(&Subject<'_>) -> Option<String>,
}

impl Class {
    pub(super) fn has(&self, span: &Received) -> bool {
        self.kinds.contains(&span.kind()) && span.attribute(self.told_by).is_some()
    }
}

/// May be on every span.
pub(super) const EVERYWHERE: &[&str] = &["error.type", "code.function.name", "code.file.path", "code.line.number"];

pub(super) static CLASSES: &[Class] = &[
    Class {
        name: "HTTP server",
        kinds: &[SpanKind::Server],
        told_by: "http.request.method",
        attributes: &[
            required("http.request.method"),
            required("url.path"),
            required("url.scheme"),
            when("error.type", has_failed),
            when("http.request.method_original", is_other_method),
            wherever("http.response.status_code", |span| !span.failed() && !is_cancelled(span)),
            opt_in("http.route"),
            opt_in("network.protocol.name"),
            wherever("server.port", |span| span.has("server.address")),
            opt_in("url.query"),
            recommended("client.address"),
            recommended("network.peer.address"),
            wherever("network.peer.port", |span| span.has("network.peer.address")),
            recommended("network.protocol.version"),
            recommended("server.address"),
            recommended("user_agent.original"),
            opt_in("client.port"),
            opt_in("http.request.body.size"),
            opt_in("http.request.header"),
            opt_in("http.response.body.size"),
            opt_in("http.response.header"),
        ],
        span_name: |span| http_name(span, "http.route"),
        error: |span| span.number("http.response.status_code").filter(|code| (500..600).contains(code)).map(|code| code.to_string()),
    },
    Class {
        name: "HTTP client",
        kinds: &[SpanKind::Client],
        told_by: "http.request.method",
        attributes: &[
            required("http.request.method"),
            required("server.address"),
            required("server.port"),
            required("url.full"),
            when("error.type", has_failed),
            when("http.request.method_original", is_other_method),
            wherever("http.response.status_code", |span| !span.failed() && !is_cancelled(span)),
            opt_in("network.protocol.name"),
            opt_in("http.request.resend_count"),
            recommended("network.peer.address"),
            wherever("network.peer.port", |span| span.has("network.peer.address")),
            recommended("network.protocol.version"),
            opt_in("http.request.body.size"),
            opt_in("http.request.header"),
            opt_in("http.response.body.size"),
            opt_in("http.response.header"),
            opt_in("url.template"),
        ],
        span_name: |span| http_name(span, "url.template"),
        error: |span| span.number("http.response.status_code").filter(|code| *code >= 400).map(|code| code.to_string()),
    },
    Class {
        name: "database client",
        // Of one in memory the call goes nowhere.
        kinds: &[SpanKind::Client, SpanKind::Internal],
        told_by: "db.system.name",
        attributes: &[
            required("db.system.name"),
            opt_in("db.collection.name"),
            recommended("db.namespace"),
            opt_in("db.operation.name"),
            opt_in("db.response.status_code"),
            when("error.type", has_failed),
            opt_in("server.port"),
            opt_in("db.operation.batch.size"),
            recommended("db.query.summary"),
            recommended("db.query.text"),
            opt_in("db.stored_procedure.name"),
            opt_in("network.peer.address"),
            opt_in("network.peer.port"),
            recommended("server.address"),
            opt_in("db.response.returned_rows"),
        ],
        span_name: database_name,
        error: |span| span.text("db.response.status_code").filter(|_| span.failed()),
    },
    Class {
        name: "RPC server",
        kinds: &[SpanKind::Server],
        told_by: "rpc.system.name",
        attributes: &[
            required("rpc.system.name"),
            when("error.type", has_failed),
            opt_in("rpc.method"),
            when("rpc.method_original", is_other_call),
            wherever("rpc.response.status_code", |span| !span.failed() && !is_cancelled(span)),
            recommended("server.address"),
            opt_in("server.port"),
            recommended("network.peer.address"),
            wherever("network.peer.port", |span| span.has("network.peer.address")),
            opt_in("rpc.request.metadata"),
            opt_in("rpc.response.metadata"),
        ],
        span_name: call_name,
        error: |span| span.text("rpc.response.status_code").filter(|code| ERRORS_OF_SERVERS.contains(&code.as_str())),
    },
    Class {
        name: "RPC client",
        kinds: &[SpanKind::Client],
        told_by: "rpc.system.name",
        attributes: &[
            required("rpc.system.name"),
            required("rpc.method"),
            required("server.address"),
            when("error.type", has_failed),
            when("rpc.method_original", is_other_call),
            wherever("rpc.response.status_code", |span| !span.failed() && !is_cancelled(span)),
            opt_in("server.port"),
            recommended("network.peer.address"),
            wherever("network.peer.port", |span| span.has("network.peer.address")),
            opt_in("rpc.request.metadata"),
            opt_in("rpc.response.metadata"),
        ],
        span_name: call_name,
        error: |span| span.text("rpc.response.status_code").filter(|code| code != "OK"),
    },
    Class {
        name: "messaging",
        kinds: &[SpanKind::Producer, SpanKind::Client, SpanKind::Consumer],
        told_by: "messaging.system",
        attributes: &[
            required("messaging.operation.name"),
            required("messaging.operation.type"),
            required("messaging.system"),
            when("error.type", has_failed),
            opt_in("messaging.batch.message_count"),
            opt_in("messaging.consumer.group.name"),
            opt_in("messaging.destination.anonymous"),
            recommended("messaging.destination.name"),
            opt_in("messaging.destination.subscription.name"),
            opt_in("messaging.destination.template"),
            opt_in("messaging.destination.temporary"),
            opt_in("server.address"),
            opt_in("server.port"),
            recommended("messaging.client.id"),
            opt_in("messaging.destination.partition.id"),
            opt_in("messaging.message.body.size"),
            opt_in("messaging.message.conversation_id"),
            opt_in("messaging.message.envelope.size"),
            opt_in("messaging.message.id"),
            opt_in("messaging.kafka.message.key"),
            opt_in("messaging.kafka.message.tombstone"),
            opt_in("messaging.kafka.offset"),
            opt_in("messaging.rabbitmq.destination.routing_key"),
            opt_in("messaging.rabbitmq.message.delivery_tag"),
            opt_in("network.peer.address"),
            opt_in("network.peer.port"),
        ],
        span_name: messaging_name,
        error: |_| None,
    },
    Class {
        name: "function of a host's",
        kinds: &[SpanKind::Server],
        told_by: "faas.trigger",
        attributes: &[
            required("faas.trigger"),
            recommended("faas.coldstart"),
            recommended("faas.invocation_id"),
            when("error.type", has_failed),
            opt_in("aws.lambda.invoked_arn"),
            wherever("cloud.resource_id", |span| span.has("aws.lambda.invoked_arn")),
            opt_in("cloud.account.id"),
        ],
        // That of the function, which stands in the resource.
        span_name: |_| None,
        error: |_| None,
    },
    Class {
        name: "function",
        kinds: &[SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer],
        told_by: "code.function.name",
        attributes: &[
            required("code.function.name"),
            required("code.file.path"),
            required("code.line.number"),
            when("error.type", has_failed),
        ],
        span_name: |_| None,
        error: |_| None,
    },
];

/// The codes that are errors to a server of gRPC's; all others are the client's.
const ERRORS_OF_SERVERS: [&str; 6] = ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];

fn has_failed(subject: &Subject<'_>) -> bool {
    subject.failed()
}

fn is_other_method(subject: &Subject<'_>) -> bool {
    subject.text("http.request.method").is_some_and(|method| method == "_OTHER")
}

fn is_cancelled(subject: &Subject<'_>) -> bool {
    subject.text("function.outcome").is_some_and(|outcome| outcome == "cancelled")
}

/// `{method} {target}`, and no path.
fn http_name(span: &Subject<'_>, target: &str) -> Option<String> {
    let method = if is_other_method(span) { "HTTP".to_owned() } else { span.text("http.request.method")? };
    Some(span.text(target).map_or(method.clone(), |target| format!("{method} {target}")))
}

fn is_other_call(subject: &Subject<'_>) -> bool {
    subject.text("rpc.method").is_some_and(|method| method == "_OTHER")
}

/// The method, if it is known, and else the system.
fn call_name(span: &Subject<'_>) -> Option<String> {
    span.text("rpc.method").filter(|_| !is_other_call(span)).or_else(|| span.text("rpc.system.name"))
}

/// The operation and the destination; nothing is said of names of which there may be many.
fn messaging_name(span: &Subject<'_>) -> Option<String> {
    let lasts = !span.has("messaging.destination.anonymous") && !span.has("messaging.destination.temporary");
    let name = || span.text("messaging.destination.name").filter(|_| lasts);
    let destination = span.text("messaging.destination.template").or_else(name)?;
    Some(format!("{} {destination}", span.text("messaging.operation.name")?))
}

/// The summary, or else what is known of the target. Of Redis, whose page leaves the namespace out of names, the command, if it has a name.
fn database_name(span: &Subject<'_>) -> Option<String> {
    if span.text("db.system.name").is_some_and(|system| system == "redis") {
        return span.text("db.operation.name").filter(|name| name != "_OTHER" && !span.has("db.stored_procedure.name"));
    }
    let address = || Some(format!("{}:{}", span.text("server.address")?, span.number("server.port")?));
    let target = || span.text("db.namespace").or_else(address).or_else(|| span.text("server.address"));
    span.text("db.query.summary").or_else(target).or_else(|| span.text("db.system.name"))
}
