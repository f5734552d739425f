//! What proxies say of a request: `Forwarded` (RFC 7239) and the `X-Forwarded-…` headers that came before it.
//!
//! Anybody can send such a header. Each proxy adds an element at the end, so of those that are trusted, the last elements are what they
//! saw themselves, and whatever stands before them is what somebody has told them.

use std::net::{IpAddr, SocketAddr};

use ::http::{HeaderMap, HeaderName, header};

/// What the first of the trusted proxies saw of whoever called it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) client: Option<IpAddr>,
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

impl Forwarded {
    /// By `proxies` that are trusted, the nearest one included; by none, nothing is believed.
    pub(crate) fn read(headers: &HeaderMap, proxies: usize) -> Self {
        if proxies == 0 {
            return Self::default();
        }
        if headers.contains_key(header::FORWARDED) {
            let elements = elements(headers, &header::FORWARDED);
            let Some(element) = trusted(&elements, proxies) else { return Self::default() };
            let parameter = |wanted: &str| {
                let parameters = quoted_split(element, ';');
                let mut pairs = parameters.into_iter().filter_map(|pair| pair.split_once('='));
                pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().trim_matches('"').to_owned())
            };
            return Self { client: parameter("for").as_deref().and_then(address), scheme: parameter("proto"), host: parameter("host") };
        }
        let value = |name: &HeaderName| trusted(&elements(headers, name), proxies).map(|value| value.trim().to_owned());
        Self {
            client: value(&X_FORWARDED_FOR).as_deref().and_then(address),
            scheme: value(&X_FORWARDED_PROTO),
            host: value(&X_FORWARDED_HOST),
        }
    }
}

/// The elements of all headers of a name, in their order.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| quoted_split(value, ',')).collect()
}

/// The element that the first of the trusted proxies added; the first one there is, if there are fewer.
fn trusted<'a>(elements: &[&'a str], proxies: usize) -> Option<&'a str> {
    elements.get(elements.len().saturating_sub(proxies)).copied()
}

/// Parts between separators that stand outside quotes.
fn quoted_split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let is_separator = |letter: char| {
        is_quoted ^= letter == '"';
        letter == separator && !is_quoted
    };
    text.split(is_separator).map(str::trim).collect()
}

/// An address, with or without a port; what hides it, such as `unknown` or `_gateway`, is none.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
