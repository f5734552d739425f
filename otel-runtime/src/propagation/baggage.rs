//! W3C Baggage: <https://www.w3.org/TR/baggage/>. Members of other formats are gathered here too, under the same limits.

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt};
use opentelemetry::propagation::{Extractor, Injector};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{BLANK, Rules};
use crate::name::is_of_token;

const BAGGAGE: &str = "baggage";
const MAX_MEMBERS: usize = 64;
const MAX_LENGTH: usize = 8192;

/// What cannot stand in a value as it is. Whatever is not ASCII is encoded besides.
const ENCODED: &AsciiSet = &NO_OCTETS.add(b'%');

/// What is no `baggage-octet`.
const NO_OCTETS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\');

pub(super) struct W3cBaggage;

impl Rules for W3cBaggage {
    fn name(&self) -> &'static str {
        "baggage"
    }

    fn fields(&self) -> &'static [&'static str] {
        &[BAGGAGE]
    }

    fn baggage(&self, carrier: &dyn Extractor) -> Members {
        let mut members = Members::default();
        let headers = carrier.get_all(BAGGAGE).unwrap_or_default();
        for member in headers.iter().flat_map(|header| header.split(',')).filter_map(Member::parse) {
            members.put(member);
        }
        members
    }

    fn inject(&self, context: &Context, carrier: &mut dyn Injector) {
        let members = sent(context.baggage());
        if !members.is_empty() {
            let texts: Vec<String> = members.iter().map(Member::text).collect();
            carrier.set(BAGGAGE, texts.join(","));
        }
    }
}

/// What is sent of baggage, in the order of the names.
pub(super) fn sent(baggage: &Baggage) -> Vec<Member> {
    let members = baggage.iter().filter_map(|(key, (value, metadata))| {
        let properties: Vec<String> = metadata.as_str().split(';').filter_map(mended).collect();
        is_token(key.as_str()).then(|| Member {
            key: key.as_str().to_owned(),
            value: value.as_str().to_owned(),
            properties: properties.join(";"),
        })
    });
    let mut members: Vec<Member> = members.collect();
    members.sort_by(|a, b| a.key.cmp(&b.key));
    within_limits(members)
}

/// One name with its value, decoded, and its properties, as they are written.
#[derive(Debug)]
pub(super) struct Member {
    key: String,
    value: String,
    properties: String,
}

impl Member {
    /// `key = value ; property ; property = value`, where blanks may stand; `None` if it does not follow the grammar.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let (key, value) = parts.next()?.split_once('=')?;
        let (key, value) = (key.trim_matches(BLANK), value.trim_matches(BLANK));
        let properties: Vec<String> = parts.map(property).collect::<Option<_>>()?;
        (is_token(key) && is_written(value)).then(|| Self::encoded(key, value, properties.join(";")))
    }

    /// With a value that is percent-encoded; what is no UTF-8 is replaced.
    pub(super) fn encoded(key: &str, value: &str, properties: String) -> Self {
        Self { key: key.to_owned(), value: percent_decode_str(value).decode_utf8_lossy().into_owned(), properties }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn encoded_value(&self) -> String {
        utf8_percent_encode(&self.value, ENCODED).to_string()
    }

    fn text(&self) -> String {
        let separator = if self.properties.is_empty() { "" } else { ";" };
        format!("{}={}{separator}{}", self.key, self.encoded_value(), self.properties)
    }
}

/// Members that were received. There is one of each name, and no more than may be passed on.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<Member>);

impl Members {
    /// Adds a member, or replaces the one of its name.
    pub(super) fn put(&mut self, member: Member) {
        match self.0.iter().position(|known| known.key == member.key) {
            Some(known) => self.0[known] = member,
            None if self.0.len() < MAX_MEMBERS => self.0.push(member),
            None => {}
        }
    }

    /// Adds the members that it has none of the name of.
    pub(super) fn complete_with(&mut self, other: Self) {
        for member in other.0 {
            if self.0.iter().all(|known| known.key != member.key) {
                self.put(member);
            }
        }
    }

    /// `None` if nothing was received.
    pub(super) fn into_baggage(self) -> Option<Baggage> {
        let mut baggage = Baggage::new();
        for Member { key, value, properties } in within_limits(self.0) {
            baggage.insert_with_metadata(key, value, properties);
        }
        (!baggage.is_empty()).then_some(baggage)
    }
}

/// Those for which there is room, whole. They are counted as they are sent: so what is received can always be passed on.
fn within_limits(mut members: Vec<Member>) -> Vec<Member> {
    members.truncate(MAX_MEMBERS);
    let mut length = 0;
    members.retain(|member| {
        let with = length + usize::from(length > 0) + member.text().len();
        let fits = with <= MAX_LENGTH;
        length = if fits { with } else { length };
        fits
    });
    members
}

/// A property as it is passed on, without blanks; `None` if it does not follow the grammar.
fn property(text: &str) -> Option<String> {
    let text = text.trim_matches(BLANK);
    let Some((key, value)) = text.split_once('=') else { return is_token(text).then(|| text.to_owned()) };
    let (key, value) = (key.trim_matches(BLANK), value.trim_matches(BLANK));
    (is_token(key) && is_written(value)).then(|| format!("{key}={value}"))
}

/// A property of the program's own, which may have anything in its value: what would end it is encoded.
fn mended(text: &str) -> Option<String> {
    property(text).or_else(|| {
        let (key, value) = text.split_once('=')?;
        property(&format!("{key}={}", utf8_percent_encode(value.trim_matches(BLANK), NO_OCTETS)))
    })
}

/// Whether an entry of this name can travel.
pub(crate) fn is_baggage_name(name: &str) -> bool {
    is_token(name) && name.len() < MAX_LENGTH
}

/// The names of HTTP: <https://www.rfc-editor.org/rfc/rfc7230#section-3.2.6>.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_of_token)
}

/// Whether a value is all of what may stand in one as it is: `baggage-octet`.
fn is_written(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'))
}
