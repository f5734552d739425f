//! Which format a client gets, by what it accepts.
//!
//! The rules are Prometheus's, "Scrape protocol content negotiation": <https://prometheus.io/docs/instrumenting/content_negotiation/>. Names are
//! translated to what every version of Prometheus takes, so the escaping of names is `underscores` whatever a client would know besides.

use http::HeaderMap;
use http::header::ACCEPT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text004,
    Text100,
    OpenMetrics001,
    OpenMetrics100,
}

impl Format {
    #[cfg(test)]
    pub(super) const ALL: [Self; 4] = [Self::Text004, Self::Text100, Self::OpenMetrics001, Self::OpenMetrics100];

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text100 => "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            Self::OpenMetrics001 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Self::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        }
    }

    /// The versions of each differ in their names only where names are quoted, which they never are here.
    pub(super) fn is_openmetrics(self) -> bool {
        matches!(self, Self::OpenMetrics001 | Self::OpenMetrics100)
    }

    /// The format that a client likes best, of two that it likes the same the first. Who accepts none of them gets the oldest, because text that
    /// was not asked for is still better than nothing.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let ranges = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let mut best = (Self::Text004, 0.0);
        for (format, quality) in ranges.filter_map(range) {
            if quality > best.1 {
                best = (format, quality);
            }
        }
        best.0
    }
}

/// `application/openmetrics-text;version=1.0.0;q=0.5`, if that is something there is.
fn range(text: &str) -> Option<(Format, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    let (mut version, mut quality) = (None, 1.0);
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "version" => version = Some(value),
            "q" => quality = value.parse().unwrap_or(1.0),
            _ => {}
        }
    }
    let format = match (kind.as_str(), version) {
        ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => Format::Text004,
        ("text/plain", Some("1.0.0")) => Format::Text100,
        ("application/openmetrics-text", Some("0.0.1")) => Format::OpenMetrics001,
        ("application/openmetrics-text", None | Some("1.0.0")) | ("application/*", _) => Format::OpenMetrics100,
        _ => return None,
    };
    Some((format, quality))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn accepted(accept: &[&'static str]) -> Format {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        Format::accepted(&headers)
    }

    #[test]
    fn the_best_liked_format_is_given() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,\
                          text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let protobuf_first = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                              application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let cases = [
            (prometheus, Format::OpenMetrics100),
            (protobuf_first, Format::OpenMetrics100),
            ("text/plain", Format::Text004),
            ("text/plain; version=0.0.4", Format::Text004),
            ("text/plain;version=1.0.0;escaping=underscores", Format::Text100),
            ("application/openmetrics-text", Format::OpenMetrics100),
            ("application/openmetrics-text; version=\"0.0.1\"", Format::OpenMetrics001),
            ("Application/OpenMetrics-Text; Version=1.0.0; Q=0.9, text/plain; q=0.1", Format::OpenMetrics100),
            ("application/openmetrics-text;q=0.1, text/plain;q=0.9", Format::Text004),
            ("text/plain, application/openmetrics-text", Format::Text004),
            ("application/openmetrics-text, text/plain", Format::OpenMetrics100),
            ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", Format::Text004),
            ("application/openmetrics-text;q=0", Format::Text004),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format::Text004),
            ("image/png", Format::Text004),
            (";;;=,,q=1", Format::Text004),
            ("*/*", Format::Text004),
            ("", Format::Text004),
        ];
        for (accept, expected) in cases {
            assert_eq!(accepted(&[accept]), expected, "{accept}");
        }
        assert_eq!(accepted(&[]), Format::Text004);
        assert_eq!(accepted(&["text/plain;q=0.2", "application/openmetrics-text;q=0.4"]), Format::OpenMetrics100);
    }
}
