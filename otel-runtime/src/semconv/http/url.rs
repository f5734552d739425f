//! URLs without their secrets.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Parameters of a query whose values sign a request or name who does, in the case in which they are written: semantic conventions,
/// "URL", `url.query` (<https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/>).
const SECRETS: [&str; 7] =
    ["AWSAccessKeyId", "Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Amz-Signature", "X-Goog-Signature", "sig"];

const REDACTED: &str = "REDACTED";

/// A query with its secrets redacted.
///
/// Input: `color=blue&sig=abc`. Output: `color=blue&sig=REDACTED`.
pub(crate) fn redacted_query(query: &str) -> Cow<'_, str> {
    if !query.split('&').any(is_secret) {
        return Cow::Borrowed(query);
    }
    let mut redacted = String::with_capacity(query.len());
    for (index, pair) in query.split('&').enumerate() {
        if index > 0 {
            redacted.push('&');
        }
        match pair.split_once('=').filter(|_| is_secret(pair)) {
            Some((key, _)) => redacted.extend([key, "=", REDACTED]),
            None => redacted.push_str(pair),
        }
    }
    Cow::Owned(redacted)
}

fn is_secret(pair: &str) -> bool {
    let Some((key, _)) = pair.split_once('=') else { return false };
    // A server reads a key that is encoded needlessly as what it means.
    let is = |key: &str| SECRETS.contains(&key);
    if key.contains('%') { is(&percent_decode_str(key).decode_utf8_lossy()) } else { is(key) }
}

/// A URL, by its parts (RFC 3986, section 5.3).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Url<'a> {
    pub(crate) scheme: Option<&'a str>,
    pub(crate) authority: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    fn parse(url: &'a str) -> Self {
        let (rest, fragment) = split(url, "#");
        let (rest, query) = split(rest, "?");
        match rest.split_once("//").map(|(before, rest)| (before, before.strip_suffix(':'), rest)) {
            Some((before, scheme, rest)) if before.is_empty() || scheme.is_some() => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                Self { scheme, authority: Some(authority), path, query, fragment }
            }
            _ => Self { scheme: None, authority: None, path: rest, query, fragment },
        }
    }

    /// With its user information and its secrets redacted.
    pub(crate) fn redacted(&self) -> String {
        let parts = [self.scheme, self.authority, Some(self.path), self.query, self.fragment];
        // What stands between them, and a secret or two.
        let mut redacted = String::with_capacity(parts.into_iter().flatten().map(str::len).sum::<usize>() + 24);
        redacted.extend(self.scheme.into_iter().flat_map(|scheme| [scheme, ":"]));
        match self.authority.map(|authority| authority.rsplit_once('@').ok_or(authority)) {
            Some(Ok((_, host))) => redacted.extend(["//", REDACTED, ":", REDACTED, "@", host]),
            Some(Err(host)) => redacted.extend(["//", host]),
            None => {}
        }
        redacted.push_str(self.path);
        if let Some(query) = self.query {
            redacted.extend(["?", &redacted_query(query)]);
        }
        redacted.extend(self.fragment.into_iter().flat_map(|fragment| ["#", fragment]));
        redacted
    }
}

fn split<'a>(text: &'a str, at: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// A URL with its user information and its secrets redacted.
///
/// Input: `https://me:secret@example.com/a?sig=abc#top`. Output: `https://REDACTED:REDACTED@example.com/a?sig=REDACTED#top`.
#[cfg_attr(not(feature = "reqwest"), allow(dead_code, reason = "it is for what has a URL as a text"))]
pub(crate) fn redacted_url(url: &str) -> String {
    Url::parse(url).redacted()
}
