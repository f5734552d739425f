//! What holds of every format of propagation, whatever is received. The tests of properties and the fuzzer check the same statements: the latter
//! includes this file.

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::baggage::{Baggage, BaggageExt};
use otel_runtime::opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use otel_runtime::opentelemetry::trace::TraceContextExt;
use otel_runtime::propagation::{EnvironmentExtractor, Format, Propagator};

/// Headers as HTTP has them: in any case, and any of them several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    #[must_use]
    pub fn new(headers: &[(&str, &str)]) -> Self {
        Self(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// All that a context is sent as.
    #[must_use]
    pub fn sent(propagator: &Propagator, context: &Context) -> Self {
        let mut headers = Self::default();
        propagator.inject_context(context, &mut headers);
        headers
    }

    /// The first value of a header.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name)
    }

    /// Each line is a header, whose name is chosen by the first character.
    #[must_use]
    pub fn from_input(names: &[&str], input: &[u8]) -> Self {
        let text = String::from_utf8_lossy(input);
        let headers = text.split('\n').filter_map(|line| {
            let first = line.chars().next()?;
            let name = names[(first as usize).abs_diff('0' as usize) % names.len()];
            Some((name.to_owned(), line[first.len_utf8()..].to_owned()))
        });
        Self(headers.collect())
    }
}

impl Extractor for Headers {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn get_all(&self, name: &str) -> Option<Vec<&str>> {
        let all = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        Some(all.collect::<Vec<_>>()).filter(|all| !all.is_empty())
    }
}

impl Injector for Headers {
    fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value));
    }
}

pub fn trace_context(input: &[u8]) {
    hold(Format::TRACE_CONTEXT, &["traceparent", "tracestate"], input);
}

pub fn baggage(input: &[u8]) {
    hold(Format::BAGGAGE, &["baggage"], input);
}

pub fn b3(input: &[u8]) {
    for format in [Format::B3, Format::B3_MULTI] {
        hold(format, &["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags"], input);
    }
}

pub fn jaeger(input: &[u8]) {
    hold(Format::JAEGER, &["uber-trace-id", "uberctx-user", "Uberctx-two%20words", "uberctx-"], input);
}

/// What is found in an environment is what is found in headers that say the same, each once; and so nothing else is sent on.
pub fn environment(input: &[u8]) {
    let names = ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-amzn-trace-id"];
    let mut received = Headers::from_input(&names, input);
    let mut seen = Vec::new();
    received.0.retain(|(name, _)| {
        let is_new = !seen.contains(name);
        seen.push(name.clone());
        is_new
    });
    let variables = received.0.iter().map(|(name, value)| (name.replace('-', "_").to_uppercase().into(), value.into()));
    let environment = EnvironmentExtractor::new(variables);
    for format in [Format::TRACE_CONTEXT, Format::BAGGAGE, Format::B3, Format::B3_MULTI, Format::XRAY] {
        let propagator = Propagator::new([format]);
        let sent = |carrier: &dyn Extractor| Headers::sent(&propagator, &propagator.extract_with_context(&Context::new(), carrier));
        assert_eq!(sent(&environment), sent(&received), "{format}: {received:?}");
    }
}

pub fn xray(input: &[u8]) {
    hold(Format::XRAY, &["x-amzn-trace-id"], input);
}

/// A baggage that a program made, one member a line: `key=value;properties`, where the value may have anything in it.
pub fn own_baggage(input: &[u8]) {
    let mut baggage = Baggage::new();
    for line in String::from_utf8_lossy(input).split('\n') {
        let (key, rest) = line.split_once('=').unwrap_or((line, ""));
        let (value, properties) = rest.rsplit_once(';').unwrap_or((rest, ""));
        baggage.insert_with_metadata(key.to_owned(), value.to_owned(), properties);
    }
    let context = Context::new().with_baggage(baggage);
    for format in [Format::BAGGAGE, Format::JAEGER] {
        let propagator = Propagator::new([format]);
        let sent = Headers::sent(&propagator, &context);
        assert_valid(&sent);
        let received = propagator.extract_with_context(&Context::new(), &sent);
        for (key, (value, _)) in received.baggage() {
            // Names of headers have no case.
            let own = context.baggage().iter().find(|(own, (known, _))| own.as_str() == key.as_str() && known == value);
            assert!(own.is_some(), "{key} was made on the way: {sent:?}");
        }
        let small = sent.0.iter().map(|(_, value)| value.len()).sum::<usize>() < 4096;
        assert!(!small || received.baggage().len() == context.baggage().len() || has_twins(&context), "one is gone: {sent:?}");
    }
}

/// Whether two names differ in nothing but their case, so that they are one header.
fn has_twins(context: &Context) -> bool {
    let mut names: Vec<String> = context.baggage().iter().map(|(key, _)| key.as_str().to_ascii_lowercase()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// Nothing panics; the context stays as it was, or has something valid; what is sent on is valid, and the same after any number of hops.
fn hold(format: Format, names: &[&str], input: &[u8]) {
    let propagator = Propagator::new([format]);
    let received = Headers::from_input(names, input);
    let context = propagator.extract_with_context(&Context::new(), &received);
    let span = context.span().span_context().clone();
    assert!(span.is_valid() || !context.has_active_span(), "an invalid span was received: {received:?}");
    assert_eq!(span.trace_flags().to_u8() & !0x03, 0, "only the flags of W3C: {received:?}");
    let sent = Headers::sent(&propagator, &context);
    let has_something = span.is_valid() || !context.baggage().is_empty();
    assert_eq!(has_something, !sent.0.is_empty(), "{received:?} is sent as {sent:?}");
    assert_valid(&sent);
    let next = propagator.extract_with_context(&Context::new(), &sent);
    assert_eq!(next.span().span_context(), &span, "{received:?} is sent as {sent:?}");
    assert_eq!(members(&next), members(&context), "{received:?} is sent as {sent:?}");
    assert_eq!(Headers::sent(&propagator, &next), sent, "the next hop sends the same");
    // And in every other format.
    let all = Propagator::new([Format::TRACE_CONTEXT, Format::BAGGAGE, Format::B3, Format::B3_MULTI, Format::JAEGER, Format::XRAY]);
    assert_valid(&Headers::sent(&all, &context));
}

/// Names, values and properties, in order.
#[must_use]
pub fn members(context: &Context) -> Vec<(String, String, String)> {
    let members = context.baggage().iter();
    let members = members.map(|(key, (value, properties))| (key.to_string(), value.to_string(), properties.to_string()));
    let mut members: Vec<_> = members.collect();
    members.sort();
    members
}

/// Whether every header follows its grammar, as read from the specifications and not from the code.
#[track_caller]
pub fn assert_valid(sent: &Headers) {
    for (name, value) in &sent.0 {
        let valid = match name.as_str() {
            "traceparent" => is_traceparent(value),
            "tracestate" => is_tracestate(value),
            "baggage" => is_baggage(value),
            "b3" => is_b3(value),
            "x-b3-traceid" => is_id(value, 32),
            "x-b3-spanid" => is_id(value, 16),
            "x-b3-sampled" => matches!(value.as_str(), "0" | "1"),
            "x-b3-flags" => value == "1",
            "uber-trace-id" => is_uber(value),
            "x-amzn-trace-id" => is_xray(value),
            _ => name.strip_prefix("uberctx-").is_some_and(|key| is_token(key) && value.bytes().all(is_octet)),
        };
        assert!(valid, "{name}: {value}");
    }
    let state = sent.value("tracestate").is_none() || sent.value("traceparent").is_some();
    assert!(state, "a tracestate without a traceparent: {sent:?}");
    let debug = sent.value("x-b3-flags").is_none() || sent.value("x-b3-sampled").is_none();
    assert!(debug, "debug says that it is sampled: {sent:?}");
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

fn is_id(text: &str, length: usize) -> bool {
    is_hex(text, length) && text.bytes().any(|byte| byte != b'0')
}

fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts.as_slice() else { return false };
    *version == "00" && is_id(trace, 32) && is_id(span, 16) && matches!(*flags, "00" | "01" | "02" | "03")
}

fn is_tracestate(text: &str) -> bool {
    let members: Vec<&str> = text.split(',').collect();
    let is_member = |member: &&str| {
        let Some((key, value)) = member.split_once('=') else { return false };
        let is_first = key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
        let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-*/@".contains(c)) && key.len() <= 256;
        let is_value = value.chars().all(|c| (' '..='~').contains(&c) && c != '=') && (1..=256).contains(&value.len());
        is_first && is_key && is_value && !value.ends_with(' ')
    };
    let mut keys: Vec<_> = members.iter().map(|member| member.split('=').next()).collect();
    keys.sort_unstable();
    keys.dedup();
    members.iter().all(is_member) && members.len() <= 32 && keys.len() == members.len() && text.len() <= 512
}

fn is_token(text: &str) -> bool {
    let is_char = |c: char| c.is_ascii_graphic() && !r#""(),/:;<=>?@[\]{}"#.contains(c);
    !text.is_empty() && text.chars().all(is_char)
}

fn is_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

fn is_baggage(text: &str) -> bool {
    let is_pair = |part: &str, alone: bool| match part.split_once('=') {
        Some((key, value)) => is_token(key) && value.bytes().all(is_octet),
        None => alone && is_token(part),
    };
    let is_member = |member: &str| {
        let mut parts = member.split(';');
        parts.next().is_some_and(|pair| is_pair(pair, false)) && parts.all(|property| is_pair(property, true))
    };
    text.split(',').all(is_member) && text.split(',').count() <= 64 && text.len() <= 8192
}

fn is_b3(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [trace, span] => is_id(trace, 32) && is_id(span, 16),
        [trace, span, state] => is_id(trace, 32) && is_id(span, 16) && matches!(*state, "0" | "1" | "d"),
        _ => false,
    }
}

fn is_uber(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let [trace, span, parent, flags] = parts.as_slice() else { return false };
    is_id(trace, 32) && is_id(span, 16) && *parent == "0" && matches!(*flags, "0" | "1" | "3")
}

fn is_xray(text: &str) -> bool {
    let parts: Vec<&str> = text.split(';').collect();
    let [root, parent, sampled] = parts.as_slice() else { return false };
    let root: Vec<&str> = root.split('-').collect();
    let ["Root=1", time, random] = root.as_slice() else { return false };
    let parent = parent.strip_prefix("Parent=").is_some_and(|parent| is_id(parent, 16));
    is_hex(time, 8) && is_hex(random, 24) && parent && matches!(*sampled, "Sampled=0" | "Sampled=1" | "Sampled=?")
}
