//! Headers of HTTP as carriers.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};

/// Reads context from headers, whatever the case of their names.
///
/// ```
/// use otel_runtime::opentelemetry::propagation::TextMapPropagator;
/// use otel_runtime::opentelemetry::trace::TraceContextExt;
/// use otel_runtime::propagation::{Format, HeaderExtractor, Propagator};
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("traceparent", http::HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
/// let context = Propagator::new([Format::TRACE_CONTEXT]).extract(&HeaderExtractor(&headers));
/// assert!(context.span().span_context().is_valid());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a>(pub &'a HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let values: Vec<&str> = self.0.get_all(key).iter().filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then_some(values)
    }
}

/// Writes context into headers, in the place of what is there under the same names.
///
/// ```
/// use otel_runtime::context;
/// use otel_runtime::propagation::HeaderInjector;
///
/// let mut request = http::Request::new(());
/// context::inject(&mut HeaderInjector(request.headers_mut()));
/// ```
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        let known = KNOWN.iter().find(|known| known.as_str() == key).cloned();
        // What a format writes is a header; what is none is left out rather than sent.
        if let (Ok(name), Ok(value)) = (known.map_or_else(|| HeaderName::try_from(key), Ok), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// The names that are written most often, which need not be looked at letter by letter each time.
static KNOWN: [HeaderName; 4] = [
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("b3"),
];
