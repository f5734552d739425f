//! What arrives of it at a backend, from two services in runtimes of their own.

use std::sync::mpsc;
use std::thread;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use otel_runtime::context::FutureExt;
use otel_runtime::grpc::{client, server};
use tests::conventions::Report;
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::to;

use crate::world::{client_of, serve};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

#[test]
fn one_trace_of_two_services_arrives() {
    let receiver = Receiver::start();
    let telemetry = |name: &str| {
        let telemetry = to(&receiver, Protocol::Http).service_name(name).set("OTEL_METRICS_EXPORTER", "otlp");
        telemetry.build().expect("telemetry can be set up")
    };
    let (orders, shop) = (telemetry("orders"), telemetry("shop"));
    let (tell, told) = mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let serving = async {
                let serving = serve(server()).await;
                tell.send(serving.address).expect("somebody waits for it");
                ended.await.expect("it is told when");
                serving.end().await;
            };
            runtime().block_on(serving.with_context(orders.context()));
            orders.shutdown().expect("everything is delivered");
        });
        let address = told.recv().expect("it serves");
        let calling = async {
            let mut client = client_of(address, &client());
            client.place("tea").await.expect("it is placed");
            client.place("code 13").await.expect_err("it was asked to fail");
        };
        runtime().block_on(calling.with_context(shop.context()));
        end.send(()).expect("it waits for it");
    });
    shop.shutdown().expect("everything is delivered");

    let report = Report::of(&receiver);
    assert_eq!(report.problems, [""; 0]);
    assert_eq!((report.seen["RPC client"], report.seen["RPC server"]), (2, 2));
    let spans = receiver.spans();
    let of = |kind: SpanKind| spans.iter().filter(move |span| span.kind() == kind);
    assert_eq!((of(SpanKind::Client).count(), of(SpanKind::Server).count()), (2, 2));
    for served in of(SpanKind::Server) {
        let asked = of(SpanKind::Client).find(|asked| asked.trace_id_hex() == served.trace_id_hex()).expect("somebody has called");
        assert_eq!((served.name(), served.parent_span_id_hex()), ("shop.Orders/Place", Some(asked.span_id_hex())));
        let service = |span: &Received<_>| span.resource_attribute("service.name").cloned();
        let named = |name: &str| Some(Value::StringValue(name.to_owned()));
        assert_eq!((service(served), service(asked)), (named("orders"), named("shop")));
    }
    let metrics = receiver.metrics();
    for name in ["rpc.client.call.duration", "rpc.server.call.duration"] {
        let metric = metrics.iter().find(|metric| metric.data.name == name).expect("it is measured");
        let Some(Data::Histogram(histogram)) = &metric.data.data else { panic!("{metric:?}") };
        let counts: u64 = histogram.data_points.iter().map(|point| point.count).sum();
        assert_eq!((metric.data.unit.as_str(), counts, histogram.data_points[0].explicit_bounds.len()), ("s", 2, 14), "{name}");
    }
}
