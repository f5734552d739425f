//! Stands in for `zipkin` where the feature is off.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::delivery::Encoder;

pub(crate) fn encoder(_: &Resource) -> Result<Encoder<SpanData>, String> {
    Err("the exporter zipkin needs otel-runtime to be built with its feature `zipkin`".to_owned())
}
