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

/// A URL with its user information and its secrets redacted.
///
/// Input: `https://me:secret@example.com/a?sig=abc#top`. Output: `https://REDACTED:REDACTED@example.com/a?sig=REDACTED#top`.
pub(crate) fn redacted_url(url: &str) -> String {
    let begin = url.find("//").map_or(0, |slashes| slashes + 2);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |end| begin + end);
    let (before, authority, after) = (&url[..begin], &url[begin..end], &url[end..]);
    let mut redacted = String::with_capacity(url.len() + 16);
    redacted.push_str(before);
    match authority.rsplit_once('@') {
        Some((_, host)) if begin > 0 => redacted.extend([REDACTED, ":", REDACTED, "@", host]),
        _ => redacted.push_str(authority),
    }
    let (rest, fragment) = after.find('#').map_or((after, ""), |at| after.split_at(at));
    match rest.split_once('?') {
        Some((path, query)) => redacted.extend([path, "?", &redacted_query(query)]),
        None => redacted.push_str(rest),
    }
    redacted.push_str(fragment);
    redacted
}
