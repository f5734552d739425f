//! The SDK's pipeline, as its documentation sets it up: for the plain API and for what comes to it from other libraries.

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

pub fn exporter(endpoint: &str) -> SpanExporter {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    exporter.with_endpoint(format!("{endpoint}/v1/traces")).build().expect("it can be built")
}

pub fn provider(endpoint: &str) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter(endpoint)).build()
}

pub fn resource() -> Resource {
    Resource::builder().with_service_name("bench").build()
}
