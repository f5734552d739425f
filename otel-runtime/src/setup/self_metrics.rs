//! Metrics about the delivery itself (semantic conventions, "OpenTelemetry SDK metrics":
//! <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>): what was exported, what was not and why, and what is under way.

use std::sync::{Arc, Weak};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};

use crate::delivery::{Delivery, Destination, DropReason, Protocol, Route, Signal};
use crate::metering::Meters;

/// Has `provider` observe the accounts of a delivery.
pub(super) fn observe(provider: &Meters, delivery: &Arc<Delivery>, route: Route, destination: &Destination) {
    let meter = provider.meter("otel-runtime");
    let (item, unit) = match route.signal {
        Signal::Traces => ("span", "{span}"),
        Signal::Metrics => ("metric_data_point", "{data_point}"),
        Signal::Logs => ("log", "{log_record}"),
    };
    let (delivery, common) = (Arc::downgrade(delivery), common(route, destination));
    observe_exported(&meter, item, unit, route, delivery.clone(), common.clone());
    meter
        .i64_observable_up_down_counter(format!("otel.sdk.exporter.{item}.inflight"))
        .with_unit(unit)
        .with_description("What waits to be exported, or is under way or tried again.")
        .with_callback(move |observer| {
            if let Some(delivery) = delivery.upgrade() {
                let health = delivery.health(route);
                observer.observe(i64::try_from(health.queued + health.spooled).unwrap_or(i64::MAX), &common);
            }
        })
        .build();
}

fn observe_exported(meter: &Meter, item: &str, unit: &'static str, route: Route, delivery: Weak<Delivery>, common: Vec<KeyValue>) {
    meter
        .u64_observable_counter(format!("otel.sdk.exporter.{item}.exported"))
        .with_unit(unit)
        .with_description("What was exported; with an error type, what was dropped instead.")
        .with_callback(move |observer| {
            let Some(delivery) = delivery.upgrade() else { return };
            let health = delivery.health(route);
            observer.observe(health.delivered, &common);
            for reason in DropReason::ALL.into_iter().filter(|reason| health.dropped(*reason) > 0) {
                let mut attributes = common.clone();
                attributes.push(KeyValue::new("error.type", reason.name()));
                observer.observe(health.dropped(reason), &attributes);
            }
        })
        .build();
}

fn common(route: Route, destination: &Destination) -> Vec<KeyValue> {
    let protocol = match destination.protocol {
        Protocol::HttpProtobuf => "http",
        Protocol::HttpJson => "http_json",
        Protocol::Grpc => "grpc",
    };
    let exporter = match route.signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric",
        Signal::Logs => "log",
    };
    let component = format!("otlp_{protocol}_{exporter}_exporter");
    let endpoint = &destination.endpoint;
    let port = endpoint.port_u16().unwrap_or(if endpoint.scheme_str() == Some("https") { 443 } else { 80 });
    vec![
        KeyValue::new("otel.component.name", format!("{component}/{}", route.number())),
        KeyValue::new("otel.component.type", component),
        KeyValue::new("server.address", endpoint.host().unwrap_or_default().trim_matches(['[', ']']).to_owned()),
        KeyValue::new("server.port", i64::from(port)),
    ]
}
