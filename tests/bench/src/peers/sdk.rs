//! The SDK's pipeline, as its documentation sets it up: for the plain API and for what comes to it from other libraries.

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

pub fn exporter(endpoint: &str) -> SpanExporter {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    exporter.with_endpoint(format!("{endpoint}/v1/traces")).build().expect("it can be built")
}

pub fn provider(endpoint: &str) -> SdkTracerProvider {
    provider_with(exporter(endpoint))
}

/// Over gRPC, which needs a runtime of tokio to be built in, that lives as long.
pub fn grpc_exporter(endpoint: &str) -> SpanExporter {
    SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().expect("it can be built")
}

pub fn provider_with(exporter: SpanExporter) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build()
}

pub fn resource() -> Resource {
    Resource::builder().with_service_name("bench").build()
}
