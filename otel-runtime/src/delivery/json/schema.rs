//! The messages of OTLP as tables: which field has which number in Protobuf, and which name and form in JSON.
//!
//! They follow the `.proto` files of OTLP (<https://github.com/open-telemetry/opentelemetry-proto>), field by field, but for what is only for
//! profiles.

use Kind::{Bool, Bytes, Double, Enum, Fixed32, Fixed64, Id, Int64, Message as Of, Sfixed64, Sint32, Text, Uint32, Uint64};

/// A message, as the fields it may have.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_repeated: bool,
    /// Whether it is there even where it says nothing.
    pub(super) is_always_written: bool,
}

/// The types of Protobuf that OTLP has. Bytes that are an id have a form of their own in OTLP.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Bytes,
    Id,
    Bool,
    Enum,
    Uint32,
    Sint32,
    Fixed32,
    Int64,
    Uint64,
    Fixed64,
    Sfixed64,
    Double,
    Message(&'static Message),
}

const fn one(number: u64, name: &'static str, kind: Kind) -> Field {
    Field { number, name, kind, is_repeated: false, is_always_written: false }
}

const fn many(number: u64, name: &'static str, kind: Kind) -> Field {
    Field { is_repeated: true, ..one(number, name, kind) }
}

/// What readers exist that insist on.
const fn always(field: Field) -> Field {
    Field { is_always_written: true, ..field }
}

pub(super) static TRACES: Message = Message { fields: &[many(1, "resourceSpans", Of(&RESOURCE_SPANS))] };

pub(super) static METRICS: Message = Message { fields: &[many(1, "resourceMetrics", Of(&RESOURCE_METRICS))] };

pub(super) static LOGS: Message = Message { fields: &[many(1, "resourceLogs", Of(&RESOURCE_LOGS))] };

static RESOURCE: Message = Message {
    fields: &[many(1, "attributes", Of(&KEY_VALUE)), one(2, "droppedAttributesCount", Uint32), many(3, "entityRefs", Of(&ENTITY_REF))],
};

static ENTITY_REF: Message = Message {
    fields: &[
        always(one(1, "schemaUrl", Text)),
        always(one(2, "type", Text)),
        always(many(3, "idKeys", Text)),
        always(many(4, "descriptionKeys", Text)),
    ],
};

static SCOPE: Message = Message {
    fields: &[
        one(1, "name", Text),
        one(2, "version", Text),
        many(3, "attributes", Of(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Uint32),
    ],
};

static KEY_VALUE: Message = Message { fields: &[always(one(1, "key", Text)), one(2, "value", Of(&ANY_VALUE))] };

static ANY_VALUE: Message = Message {
    fields: &[
        one(1, "stringValue", Text),
        one(2, "boolValue", Bool),
        one(3, "intValue", Int64),
        one(4, "doubleValue", Double),
        one(5, "arrayValue", Of(&ARRAY_VALUE)),
        one(6, "kvlistValue", Of(&KEY_VALUE_LIST)),
        one(7, "bytesValue", Bytes),
    ],
};

static ARRAY_VALUE: Message = Message { fields: &[always(many(1, "values", Of(&ANY_VALUE)))] };

static KEY_VALUE_LIST: Message = Message { fields: &[always(many(1, "values", Of(&KEY_VALUE)))] };

static RESOURCE_SPANS: Message =
    Message { fields: &[one(1, "resource", Of(&RESOURCE)), many(2, "scopeSpans", Of(&SCOPE_SPANS)), one(3, "schemaUrl", Text)] };

static SCOPE_SPANS: Message = Message { fields: &[one(1, "scope", Of(&SCOPE)), many(2, "spans", Of(&SPAN)), one(3, "schemaUrl", Text)] };

static SPAN: Message = Message {
    fields: &[
        one(1, "traceId", Id),
        one(2, "spanId", Id),
        one(3, "traceState", Text),
        one(4, "parentSpanId", Id),
        one(16, "flags", Fixed32),
        one(5, "name", Text),
        one(6, "kind", Enum),
        one(7, "startTimeUnixNano", Fixed64),
        one(8, "endTimeUnixNano", Fixed64),
        many(9, "attributes", Of(&KEY_VALUE)),
        one(10, "droppedAttributesCount", Uint32),
        many(11, "events", Of(&EVENT)),
        one(12, "droppedEventsCount", Uint32),
        many(13, "links", Of(&LINK)),
        one(14, "droppedLinksCount", Uint32),
        one(15, "status", Of(&STATUS)),
    ],
};

static EVENT: Message = Message {
    fields: &[
        one(1, "timeUnixNano", Fixed64),
        one(2, "name", Text),
        many(3, "attributes", Of(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Uint32),
    ],
};

static LINK: Message = Message {
    fields: &[
        one(1, "traceId", Id),
        one(2, "spanId", Id),
        one(3, "traceState", Text),
        many(4, "attributes", Of(&KEY_VALUE)),
        one(5, "droppedAttributesCount", Uint32),
        one(6, "flags", Fixed32),
    ],
};

static STATUS: Message = Message { fields: &[one(2, "message", Text), one(3, "code", Enum)] };

static RESOURCE_LOGS: Message =
    Message { fields: &[one(1, "resource", Of(&RESOURCE)), many(2, "scopeLogs", Of(&SCOPE_LOGS)), one(3, "schemaUrl", Text)] };

static SCOPE_LOGS: Message =
    Message { fields: &[one(1, "scope", Of(&SCOPE)), many(2, "logRecords", Of(&LOG_RECORD)), one(3, "schemaUrl", Text)] };

static LOG_RECORD: Message = Message {
    fields: &[
        one(1, "timeUnixNano", Fixed64),
        one(11, "observedTimeUnixNano", Fixed64),
        one(2, "severityNumber", Enum),
        one(3, "severityText", Text),
        one(5, "body", Of(&ANY_VALUE)),
        many(6, "attributes", Of(&KEY_VALUE)),
        one(7, "droppedAttributesCount", Uint32),
        one(8, "flags", Fixed32),
        one(9, "traceId", Id),
        one(10, "spanId", Id),
        one(12, "eventName", Text),
    ],
};

static RESOURCE_METRICS: Message =
    Message { fields: &[one(1, "resource", Of(&RESOURCE)), many(2, "scopeMetrics", Of(&SCOPE_METRICS)), one(3, "schemaUrl", Text)] };

static SCOPE_METRICS: Message =
    Message { fields: &[one(1, "scope", Of(&SCOPE)), many(2, "metrics", Of(&METRIC)), one(3, "schemaUrl", Text)] };

static METRIC: Message = Message {
    fields: &[
        one(1, "name", Text),
        one(2, "description", Text),
        one(3, "unit", Text),
        one(5, "gauge", Of(&GAUGE)),
        one(7, "sum", Of(&SUM)),
        one(9, "histogram", Of(&HISTOGRAM)),
        one(10, "exponentialHistogram", Of(&EXPONENTIAL_HISTOGRAM)),
        one(11, "summary", Of(&SUMMARY)),
        many(12, "metadata", Of(&KEY_VALUE)),
    ],
};

static GAUGE: Message = Message { fields: &[many(1, "dataPoints", Of(&NUMBER_POINT))] };

static SUM: Message =
    Message { fields: &[many(1, "dataPoints", Of(&NUMBER_POINT)), one(2, "aggregationTemporality", Enum), one(3, "isMonotonic", Bool)] };

static HISTOGRAM: Message = Message { fields: &[many(1, "dataPoints", Of(&HISTOGRAM_POINT)), one(2, "aggregationTemporality", Enum)] };

static EXPONENTIAL_HISTOGRAM: Message =
    Message { fields: &[many(1, "dataPoints", Of(&EXPONENTIAL_HISTOGRAM_POINT)), one(2, "aggregationTemporality", Enum)] };

static SUMMARY: Message = Message { fields: &[many(1, "dataPoints", Of(&SUMMARY_POINT))] };

static NUMBER_POINT: Message = Message {
    fields: &[
        many(7, "attributes", Of(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "asDouble", Double),
        one(6, "asInt", Sfixed64),
        many(5, "exemplars", Of(&EXEMPLAR)),
        one(8, "flags", Uint32),
    ],
};

static HISTOGRAM_POINT: Message = Message {
    fields: &[
        many(9, "attributes", Of(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        many(6, "bucketCounts", Fixed64),
        many(7, "explicitBounds", Double),
        many(8, "exemplars", Of(&EXEMPLAR)),
        one(10, "flags", Uint32),
        one(11, "min", Double),
        one(12, "max", Double),
    ],
};

static EXPONENTIAL_HISTOGRAM_POINT: Message = Message {
    fields: &[
        many(1, "attributes", Of(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        one(6, "scale", Sint32),
        one(7, "zeroCount", Fixed64),
        one(8, "positive", Of(&BUCKETS)),
        one(9, "negative", Of(&BUCKETS)),
        one(10, "flags", Uint32),
        many(11, "exemplars", Of(&EXEMPLAR)),
        one(12, "min", Double),
        one(13, "max", Double),
        one(14, "zeroThreshold", Double),
    ],
};

static BUCKETS: Message = Message { fields: &[one(1, "offset", Sint32), many(2, "bucketCounts", Uint64)] };

static SUMMARY_POINT: Message = Message {
    fields: &[
        many(7, "attributes", Of(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Fixed64),
        one(3, "timeUnixNano", Fixed64),
        one(4, "count", Fixed64),
        one(5, "sum", Double),
        many(6, "quantileValues", Of(&QUANTILE)),
        one(8, "flags", Uint32),
    ],
};

static QUANTILE: Message = Message { fields: &[one(1, "quantile", Double), one(2, "value", Double)] };

static EXEMPLAR: Message = Message {
    fields: &[
        many(7, "filteredAttributes", Of(&KEY_VALUE)),
        one(2, "timeUnixNano", Fixed64),
        one(3, "asDouble", Double),
        one(6, "asInt", Sfixed64),
        one(4, "spanId", Id),
        one(5, "traceId", Id),
    ],
};
