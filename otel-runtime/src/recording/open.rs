//! [`OpenSpan`]: a span that has not ended, encoded as far as it is known. It is the only place that knows how a span is laid out.

use opentelemetry::trace::{Link, SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::trace::v1::SpanFlags;

use super::attributes::{EncodedAttributes, attribute, retain};
use super::lineage::Lineage;
use super::recorder::Tracer;
use crate::clock::WallTime;
use crate::copied::BaggageKeys;
use crate::limits::OfSpans;
use crate::shared::Shared;
use crate::wire::{self, FieldKind, delimited, key, varint};

// The fields of OTLP's `Span`; the one for its attributes is beside what writes these.
const TRACE_ID: u8 = 1;
const SPAN_ID: u8 = 2;
const TRACE_STATE: u8 = 3;
const PARENT_SPAN_ID: u8 = 4;
const NAME: u8 = 5;
const KIND: u8 = 6;
const START_TIME: u8 = 7;
const END_TIME: u8 = 8;
const DROPPED_ATTRIBUTES: u8 = 10;
const EVENTS: u8 = 11;
const DROPPED_EVENTS: u8 = 12;
const LINKS: u8 = 13;
const DROPPED_LINKS: u8 = 14;
const STATUS: u8 = 15;

/// What every span begins with, each with its value behind it: what is known when it starts and when it ends is patched in there.
const HEAD: [u8; 52] = {
    let mut head = [0; 52];
    head[0] = key(TRACE_ID, FieldKind::Delimited);
    head[1] = 16;
    head[18] = key(SPAN_ID, FieldKind::Delimited);
    head[19] = 8;
    head[28] = key(START_TIME, FieldKind::Fixed64);
    head[37] = key(END_TIME, FieldKind::Fixed64);
    // The number of this field, 16, takes a second byte.
    head[46] = 0x80 | FieldKind::Fixed32 as u8;
    head[47] = 1;
    head
};
const TRACE_ID_AT: usize = 2;
const SPAN_ID_AT: usize = 20;
const START_TIME_AT: usize = 29;
const END_TIME_AT: usize = 38;
const FLAGS_AT: usize = 48;

/// What all spans of a place begin with: copied, it is the beginning of one.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    bytes: Box<[u8]>,
    attributes: u32,
}

impl Template {
    /// With attributes that are the same for all of them.
    pub(crate) fn new(name: &str, kind: &SpanKind, attributes: &[KeyValue]) -> Self {
        let mut span = OpenSpan::new();
        span.begin(name, kind, &OfSpans::NONE);
        for attribute in attributes {
            span.attributes.push(attribute);
        }
        Self { bytes: span.attributes.bytes.into(), attributes: span.attributes.count }
    }

    /// Whether the limits leave room for all of it.
    #[inline]
    pub(super) fn is_within(&self, limits: &OfSpans) -> bool {
        limits.value_length.is_none() && limits.attributes >= self.attributes
    }
}

/// A span that is recorded. It begins with what is known of it before it is decided what it is, and starts then.
#[derive(Clone, Debug)]
pub(crate) struct OpenSpan {
    pub(crate) attributes: EncodedAttributes,
    limits: OfSpans,
    events: Counted,
    links: Counted,
    status: Status,
    start: WallTime,
    pub(super) context: SpanContext,
    /// Who records it; `None` if nobody does, or not any more.
    pub(super) tracer: Option<Shared<Tracer>>,
}

/// How many there are, and how many more there were.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    kept: u32,
    dropped: u32,
}

impl Counted {
    fn admits(&mut self, most: u32) -> bool {
        let has_room = self.kept < most;
        *if has_room { &mut self.kept } else { &mut self.dropped } += 1;
        has_room
    }
}

impl OpenSpan {
    /// Memory for a span.
    pub(super) const fn new() -> Self {
        let (events, links) = (Counted { kept: 0, dropped: 0 }, Counted { kept: 0, dropped: 0 });
        Self {
            attributes: EncodedAttributes::new(),
            limits: OfSpans::NONE,
            events,
            links,
            status: Status::Unset,
            start: WallTime(0),
            context: SpanContext::NONE,
            tracer: None,
        }
    }

    /// Begins with what all spans of a place do.
    #[inline]
    pub(super) fn begin_from(&mut self, template: &Template, limits: &OfSpans) {
        self.attributes.begin(&template.bytes, template.attributes, limits);
        self.forget(limits);
    }

    /// Begins with a name and a kind.
    pub(super) fn begin(&mut self, name: &str, kind: &SpanKind, limits: &OfSpans) {
        self.attributes.begin(&HEAD, 0, limits);
        self.forget(limits);
        let bytes = &mut self.attributes.bytes;
        delimited(bytes, NAME, name.as_bytes());
        bytes.push(key(KIND, FieldKind::Varint));
        bytes.push(match kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        });
    }

    /// Lets go of everything but the memory of the bytes.
    #[inline]
    pub(super) fn release(&mut self) {
        self.status = Status::Unset;
        if *self.context.trace_state() != TraceState::NONE {
            self.context = SpanContext::NONE;
        }
        self.tracer = None;
    }

    /// Forgets the span that it was before.
    #[inline]
    fn forget(&mut self, limits: &OfSpans) {
        (self.limits, self.events, self.links) = (*limits, Counted::default(), Counted::default());
        self.status = Status::Unset;
    }

    /// Its context is known, and its lineage is this.
    #[inline]
    pub(super) fn identify(&mut self, lineage: &Lineage) {
        let context = &self.context;
        let bytes = &mut self.attributes.bytes;
        if let Some(head) = bytes.first_chunk_mut::<{ HEAD.len() }>() {
            let is_remote = lineage.trace_id.is_some() && lineage.is_remote;
            put::<TRACE_ID_AT, _>(head, context.trace_id().to_bytes());
            put::<SPAN_ID_AT, _>(head, context.span_id().to_bytes());
            put::<FLAGS_AT, _>(head, flags(context, is_remote).to_le_bytes());
        }
        if lineage.trace_id.is_some() {
            bytes.extend_from_slice(&[key(PARENT_SPAN_ID, FieldKind::Delimited), 8]);
            bytes.extend_from_slice(&lineage.span_id.to_bytes());
        }
        let state = context.trace_state();
        if *state != TraceState::NONE {
            delimited(bytes, TRACE_STATE, state.header().as_bytes());
        }
    }

    /// It starts at this time.
    #[inline]
    pub(super) fn start(&mut self, at: WallTime) {
        self.start = at;
        if let Some(head) = self.attributes.bytes.first_chunk_mut::<{ HEAD.len() }>() {
            put::<START_TIME_AT, _>(head, at.0.to_le_bytes());
        }
    }

    /// Sets an attribute. Of a key that has its value from baggage, the last value stays.
    pub(super) fn set(&mut self, attribute: &KeyValue, is_copied: bool) {
        if is_copied {
            self.attributes.remove(attribute.key.as_str());
        }
        self.attributes.push(attribute);
    }

    /// Sets what the context has in which the span starts of the keys that are copied from baggage, unless it was given one itself.
    pub(super) fn copy(&mut self, copied: &BaggageKeys, context: &Context) {
        if copied.is_empty() {
            return;
        }
        for (key, value) in copied.entries(context) {
            if !self.attributes.keys().any(|known| known == key.as_str().as_bytes()) {
                self.attributes.push(&KeyValue::new(key, value));
            }
        }
    }

    pub(super) fn event(&mut self, name: &str, at: WallTime, attributes: &[KeyValue]) {
        const TIME: u8 = 1;
        const NAME: u8 = 2;
        const OF_EVENT: u8 = 3;
        const DROPPED: u8 = 4;

        if !self.events.admits(self.limits.events) {
            return;
        }
        let limits = self.limits;
        wire::message(&mut self.attributes.bytes, EVENTS, |bytes| {
            bytes.push(key(TIME, FieldKind::Fixed64));
            bytes.extend_from_slice(&at.0.to_le_bytes());
            delimited(bytes, NAME, name.as_bytes());
            let dropped = some(bytes, OF_EVENT, attributes, limits.event_attributes, limits.value_length);
            number(bytes, DROPPED, dropped);
        });
    }

    pub(super) fn link(&mut self, link: &Link) {
        const TRACE_ID: u8 = 1;
        const SPAN_ID: u8 = 2;
        const TRACE_STATE: u8 = 3;
        const OF_LINK: u8 = 4;
        const DROPPED: u8 = 5;
        const FLAGS: u8 = 6;

        if !self.links.admits(self.limits.links) {
            return;
        }
        let (limits, to) = (self.limits, &link.span_context);
        wire::message(&mut self.attributes.bytes, LINKS, |bytes| {
            delimited(bytes, TRACE_ID, &to.trace_id().to_bytes());
            delimited(bytes, SPAN_ID, &to.span_id().to_bytes());
            let state = to.trace_state().header();
            if !state.is_empty() {
                delimited(bytes, TRACE_STATE, state.as_bytes());
            }
            let dropped = some(bytes, OF_LINK, &link.attributes, limits.link_attributes, limits.value_length);
            number(bytes, DROPPED, dropped);
            bytes.push(key(FLAGS, FieldKind::Fixed32));
            bytes.extend_from_slice(&flags(to, to.is_remote()).to_le_bytes());
        });
    }

    /// Sets the status, unless it is set to a better one: OK is above error (OpenTelemetry specification, Trace API, "Set Status").
    pub(super) fn set_status(&mut self, status: Status) {
        if status > self.status {
            self.status = status;
        }
    }

    pub(super) fn rename(&mut self, name: &str) {
        // A field that is there once is all that every reader understands.
        retain(&mut self.attributes.bytes, |field, _| field != u64::from(NAME));
        delimited(&mut self.attributes.bytes, NAME, name.as_bytes());
    }

    /// The whole span, as it is if it ends then; `None`: when it started. Nothing ends before that.
    pub(super) fn end(&mut self, at: Option<WallTime>) -> &[u8] {
        let WallTime(end) = at.map_or(self.start, |at| at.max(self.start));
        let bytes = &mut self.attributes.bytes;
        if let Some(head) = bytes.first_chunk_mut::<{ HEAD.len() }>() {
            put::<END_TIME_AT, _>(head, end.to_le_bytes());
        }
        if self.attributes.dropped + self.events.dropped + self.links.dropped > 0 {
            number(bytes, DROPPED_ATTRIBUTES, self.attributes.dropped);
            number(bytes, DROPPED_EVENTS, self.events.dropped);
            number(bytes, DROPPED_LINKS, self.links.dropped);
        }
        let (code, description) = match &self.status {
            Status::Unset => (0, ""),
            Status::Ok => (1, ""),
            Status::Error { description } => (2, description.as_ref()),
        };
        if code == 0 {
            bytes.extend_from_slice(&[key(STATUS, FieldKind::Delimited), 0]);
        } else {
            const MESSAGE: u8 = 2;
            const CODE: u8 = 3;
            wire::message(bytes, STATUS, |bytes| {
                if !description.is_empty() {
                    delimited(bytes, MESSAGE, description.as_bytes());
                }
                number(bytes, CODE, code);
            });
        }
        bytes
    }

    /// What is encoded until now.
    #[inline]
    pub(super) fn encoded(&self) -> &[u8] {
        &self.attributes.bytes
    }

    /// The whole span without ending it.
    pub(super) fn so_far(&self) -> Vec<u8> {
        let mut copy = self.clone();
        copy.end(None);
        copy.attributes.bytes
    }
}

/// Patches a value into its place.
#[inline]
fn put<const AT: usize, const N: usize>(head: &mut [u8; HEAD.len()], value: [u8; N]) {
    if let Some(place) = head[AT..].first_chunk_mut() {
        *place = value;
    }
}

/// Appends as many attributes as there may be, and returns how many more there were.
fn some(bytes: &mut Vec<u8>, field: u8, attributes: &[KeyValue], most: u32, value_length: Option<u32>) -> u32 {
    let kept = attributes.len().min(most as usize);
    for KeyValue { key, value, .. } in &attributes[..kept] {
        attribute(bytes, field, key.as_str(), value, value_length);
    }
    u32::try_from(attributes.len() - kept).unwrap_or(u32::MAX)
}

fn number(bytes: &mut Vec<u8>, field: u8, value: u32) {
    if value > 0 {
        bytes.push(key(field, FieldKind::Varint));
        varint(bytes, value.into());
    }
}

fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    let remote = if is_remote { SpanFlags::ContextIsRemoteMask as u32 } else { 0 };
    u32::from(context.trace_flags().to_u8()) | SpanFlags::ContextHasIsRemoteMask as u32 | remote
}
