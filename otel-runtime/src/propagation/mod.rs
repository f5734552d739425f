//! How context crosses to other processes: the formats of `OTEL_PROPAGATORS`, strictly.
//!
//! [`init`](crate::init) installs those of `OTEL_PROPAGATORS`, by default `tracecontext,baggage`; [`context`](crate::context) carries context
//! with what is installed. Build a [`Propagator`] for a connection that speaks other formats than the rest of the program.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use otel_runtime::opentelemetry::propagation::TextMapPropagator;
//! use otel_runtime::opentelemetry::trace::TraceContextExt;
//! use otel_runtime::propagation::{Format, Propagator};
//!
//! let mesh = Propagator::new([Format::B3, Format::TRACE_CONTEXT]);
//!
//! let received = HashMap::from([("b3".to_owned(), "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1".to_owned())]);
//! let context = mesh.extract(&received);
//! assert!(context.span().span_context().is_sampled());
//!
//! let mut sent = HashMap::new();
//! mesh.inject_context(&context, &mut sent);
//! assert_eq!(sent["traceparent"], "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
//! ```
//!
//! # What is strict
//!
//! * What is received and does not follow its format is as if it were not there: the context stays as it was.
//! * Nothing is sent that does not follow its format. Without a trace, and without baggage, nothing is sent at all.
//! * A header that stands once by its format and was received several times says nothing, because nobody knows which one is right; those of
//!   `tracestate` and `baggage` are combined.
//! * What a format says beside "sampled" stays what it is while the trace goes on: W3C's random bit, and B3's and Jaeger's debug. Debug, and a
//!   decision that is left to the receiver, never turn up as flags of W3C.

mod b3;
mod baggage;
mod environment;
mod headers;
mod jaeger;
mod received;
mod trace_context;
mod trace_state;
#[cfg(feature = "xray")]
mod xray;
#[cfg(not(feature = "xray"))]
#[path = "xray_absent.rs"]
mod xray;

use std::fmt;

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

pub(crate) use self::baggage::is_baggage_name;
pub use self::environment::EnvironmentExtractor;
pub(crate) use self::environment::Variables;
pub use self::headers::{HeaderExtractor, HeaderInjector};
pub(crate) use self::received::is_deferred;

use self::baggage::Members;
use self::received::Remote;

/// A format in which context travels.
#[derive(Clone, Copy)]
pub struct Format(&'static dyn Rules);

/// What a format does. What is wrong in a carrier is skipped, never an error.
trait Rules: Sync {
    /// Its name in `OTEL_PROPAGATORS`.
    fn name(&self) -> &'static str;

    /// The keys that it may write, without those that are made of data.
    fn fields(&self) -> &'static [&'static str];

    /// The span that the carrier names.
    fn trace(&self, _: &dyn Extractor) -> Option<Remote> {
        None
    }

    /// The baggage in the carrier.
    fn baggage(&self, _: &dyn Extractor) -> Members {
        Members::default()
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector);

    /// The feature without which it does nothing, where that is off.
    fn missing_feature(&self) -> Option<&'static str> {
        None
    }
}

impl Format {
    /// `tracecontext`: [W3C Trace Context, level 2](https://www.w3.org/TR/trace-context-2/), `traceparent` and `tracestate`.
    ///
    /// Of a `tracestate`, members that do not follow the grammar are left out, and all are if they are more than 32. What is longer than 512
    /// characters is shortened as the recommendation says: whole members, those of more than 128 characters first, then from the end.
    pub const TRACE_CONTEXT: Self = Self(&trace_context::TraceContext);

    /// `baggage`: [W3C Baggage](https://www.w3.org/TR/baggage/).
    ///
    /// At most 64 members and 8192 bytes, over all headers together, are received or sent; a member that has no room, or does not follow the
    /// grammar, is left out as a whole, and the others stay. Of members of one name the last one counts. Properties of a member pass through.
    pub const BAGGAGE: Self = Self(&baggage::W3cBaggage);

    /// `b3`: [B3](https://github.com/openzipkin/b3-propagation), sent as the one header `b3`; both of its forms are received.
    pub const B3: Self = Self(&b3::B3 { single: true });

    /// `b3multi`: B3, sent as the headers `x-b3-…`; both of its forms are received.
    pub const B3_MULTI: Self = Self(&b3::B3 { single: false });

    /// `jaeger`: [Jaeger's](https://www.jaegertracing.io/sdk-migration/#propagation-format) `uber-trace-id`, and `uberctx-…` for baggage.
    pub const JAEGER: Self = Self(&jaeger::Jaeger);

    /// The formats by their names in `OTEL_PROPAGATORS`.
    pub(crate) const NAMED: &'static [(&'static str, Self)] = &[
        ("tracecontext", Self::TRACE_CONTEXT),
        ("baggage", Self::BAGGAGE),
        ("b3", Self::B3),
        ("b3multi", Self::B3_MULTI),
        ("jaeger", Self::JAEGER),
        ("xray", xray::FORMAT),
    ];

    /// The feature that this build lacks for it.
    pub(crate) fn missing_feature(self) -> Option<&'static str> {
        self.0.missing_feature()
    }
}

/// Its name in `OTEL_PROPAGATORS`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for Format {}

/// Several formats as one.
///
/// # Order
///
/// Everything is sent in each of the formats. What is received is looked for in their order, and **the first one that has a valid trace gives
/// it**: the list is one of preference, and a later format, which often says less (B3 knows no `tracestate` and no random bit), takes nothing
/// away from an earlier one. The specification leaves this open: it has the formats asked in the order in which they are given. Of baggage, all
/// formats give what they have, and the first one that has a member of a name gives its value.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::opentelemetry::propagation::TextMapPropagator;
/// use otel_runtime::opentelemetry::trace::TraceContextExt;
/// use otel_runtime::propagation::{Format, Propagator};
///
/// let received = HashMap::from([
///     ("traceparent".to_owned(), "00-11111111111111111111111111111111-1111111111111111-01".to_owned()),
///     ("b3".to_owned(), "22222222222222222222222222222222-2222222222222222-1".to_owned()),
/// ]);
/// let trace = |formats| Propagator::new(formats).extract(&received).span().span_context().trace_id().to_string();
/// assert_eq!(trace([Format::TRACE_CONTEXT, Format::B3]), "11111111111111111111111111111111");
/// assert_eq!(trace([Format::B3, Format::TRACE_CONTEXT]), "22222222222222222222222222222222");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Propagator {
    formats: Vec<Format>,
    fields: Vec<String>,
}

impl Propagator {
    /// The formats, each taken once, in their order.
    #[must_use]
    pub fn new(formats: impl IntoIterator<Item = Format>) -> Self {
        let mut propagator = Self::default();
        for format in formats {
            if !propagator.formats.contains(&format) {
                propagator.formats.push(format);
                propagator.fields.extend(format.0.fields().iter().copied().map(str::to_owned));
            }
        }
        propagator
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Context, carrier: &mut dyn Injector) {
        for format in &self.formats {
            format.0.inject(context, carrier);
        }
    }

    fn extract_with_context(&self, context: &Context, carrier: &dyn Extractor) -> Context {
        let mut members = Members::default();
        for format in &self.formats {
            members.complete_with(format.0.baggage(carrier));
        }
        let remote = self.formats.iter().find_map(|format| format.0.trace(carrier));
        let context = remote.map_or_else(|| context.clone(), |remote| remote.put_into(context));
        match members.into_baggage() {
            None => context,
            Some(baggage) => context.with_baggage(baggage),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// The value of a key that stands once, without the blanks around it.
fn only<'a>(carrier: &'a dyn Extractor, key: &str) -> Option<&'a str> {
    match carrier.get_all(key)?.as_slice() {
        [value] => Some(value.trim_matches(BLANK)),
        _ => None,
    }
}

/// What HTTP allows around values.
const BLANK: [char; 2] = [' ', '\t'];

/// A number in lower-case hexadecimal digits, which are as many as one of `lengths`.
fn lower_hex(text: &str, lengths: &[usize]) -> Option<u128> {
    let is_hex = lengths.contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u128::from_str_radix(text, 16).ok().filter(|_| is_hex)
}
