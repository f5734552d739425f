//! Divides a request that is too large for a backend.
//!
//! A request is a tree whose leaves are the items (spans, data points, log records) and whose nodes say whose they are. It is cut between two
//! items; both halves keep what stands above theirs.

use std::convert::Infallible;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;

use super::queue::Parcel;

/// As much as many backends take: it is what a gRPC server takes in one message where nobody says otherwise.
pub(crate) const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// The request in Protobuf, as [`encoded`] divides it.
pub(crate) fn parcels<R: Divide + Message>(request: R, max: usize) -> Vec<Parcel> {
    let Ok(parcels) = encoded(request, max, |request| Ok::<_, Infallible>(request.encode_to_vec()));
    parcels
}

/// The request as parcels, in the order of its items, of which none is larger than `max` unless it has only one item: what cannot be divided goes
/// alone, so that a backend that refuses it refuses nothing else. A request without items is no parcel.
pub(super) fn encoded<R: Divide, E>(request: R, max: usize, encode: impl Fn(&R) -> Result<Vec<u8>, E>) -> Result<Vec<Parcel>, E> {
    let mut parcels = Vec::new();
    let mut rest = vec![request];
    while let Some(mut request) = rest.pop() {
        let items = request.items();
        if items == 0 {
            continue;
        }
        let body = encode(&request)?;
        if body.len() > max && items > 1 {
            let second = request.split_off(items / 2);
            rest.extend([second, request]);
        } else {
            parcels.push(Parcel { body: body.into(), items: items as u64 });
        }
    }
    Ok(parcels)
}

/// A node of the tree.
pub(crate) trait Divide {
    /// How many items are below it.
    fn items(&self) -> usize;

    /// Takes away all items from the one with the number `at` on, under a copy of what this node says.
    fn split_off(&mut self, at: usize) -> Self;
}

/// Says of each kind of node what is below it (items, nodes, or the data of a metric), and what is to be copied.
macro_rules! nodes {
    ($($node:ty { $below:ident: $what:ident $(, $copied:ident)* })*) => {$(
        impl Divide for $node {
            fn items(&self) -> usize {
                $what::count(&self.$below)
            }

            fn split_off(&mut self, at: usize) -> Self {
                Self { $below: $what::split_off(&mut self.$below, at) $(, $copied: self.$copied.clone())* }
            }
        }
    )*};
}

nodes! {
    ExportTraceServiceRequest { resource_spans: nodes }
    ResourceSpans { scope_spans: nodes, resource, schema_url }
    ScopeSpans { spans: items, scope, schema_url }

    ExportLogsServiceRequest { resource_logs: nodes }
    ResourceLogs { scope_logs: nodes, resource, schema_url }
    ScopeLogs { log_records: items, scope, schema_url }

    ExportMetricsServiceRequest { resource_metrics: nodes }
    ResourceMetrics { scope_metrics: nodes, resource, schema_url }
    ScopeMetrics { metrics: nodes, scope, schema_url }
    Metric { data: data, name, description, unit, metadata }
    Gauge { data_points: items }
    Sum { data_points: items, aggregation_temporality, is_monotonic }
    Histogram { data_points: items, aggregation_temporality }
    ExponentialHistogram { data_points: items, aggregation_temporality }
    Summary { data_points: items }
}

/// What is below a node: the items themselves.
mod items {
    pub(super) fn count<T>(items: &[T]) -> usize {
        items.len()
    }

    pub(super) fn split_off<T>(items: &mut Vec<T>, at: usize) -> Vec<T> {
        items.split_off(at)
    }
}

/// Other nodes.
mod nodes {
    use super::Divide;

    pub(super) fn count<T: Divide>(nodes: &[T]) -> usize {
        nodes.iter().map(Divide::items).sum()
    }

    pub(super) fn split_off<T: Divide>(nodes: &mut Vec<T>, at: usize) -> Vec<T> {
        let mut left = at;
        let is_cut = |node: &T| {
            let items = node.items();
            let is_cut = left < items;
            left -= if is_cut { 0 } else { items };
            is_cut
        };
        let Some(index) = nodes.iter().position(is_cut) else { return Vec::new() };
        let mut second = nodes.split_off(index);
        if let Some(node) = second.first_mut().filter(|_| left > 0) {
            let its_second = node.split_off(left);
            nodes.push(std::mem::replace(node, its_second));
        }
        second
    }
}

/// The data of a metric, one of five kinds.
mod data {
    use super::{Data, Divide};

    pub(super) fn count<'a>(data: impl Into<Option<&'a Data>>) -> usize {
        data.into().map_or(0, |data| match data {
            Data::Gauge(data) => data.items(),
            Data::Sum(data) => data.items(),
            Data::Histogram(data) => data.items(),
            Data::ExponentialHistogram(data) => data.items(),
            Data::Summary(data) => data.items(),
        })
    }

    pub(super) fn split_off(data: &mut Option<Data>, at: usize) -> Option<Data> {
        data.as_mut().map(|data| match data {
            Data::Gauge(data) => Data::Gauge(data.split_off(at)),
            Data::Sum(data) => Data::Sum(data.split_off(at)),
            Data::Histogram(data) => Data::Histogram(data.split_off(at)),
            Data::ExponentialHistogram(data) => Data::ExponentialHistogram(data.split_off(at)),
            Data::Summary(data) => Data::Summary(data.split_off(at)),
        })
    }
}
