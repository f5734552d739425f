//! How metrics are collected, and what holds for one reader alone.

use super::Effect;
use super::instruments::KINDS;
use super::world::World;

const TO_RECEIVER: &str = "exporter: {otlp_http: {endpoint: '${HTTP}/v1/metrics'}}";

fn reader(reader: &str) -> String {
    format!("meter_provider: {{readers: [{reader}]}}\n")
}

/// A reader that is scraped, with these settings of it and of its exporter.
fn pull(settings: &str, exporter: &str) -> String {
    reader(&format!("{{pull: {{exporter: {{prometheus/development: {{host: 127.0.0.1, port: 0, {exporter}}}}}, {settings}}}}}"))
}

pub fn rows() -> Vec<Effect> {
    const EXPORTER: &str = "meter_provider.readers[].pull.exporter.prometheus";

    let left_out = |key: &'static str, value: &str, warning: &'static str| {
        Effect::new(&[&format!("{EXPORTER}.{key}")], pull("", &format!("{key}: {value}")), move |world| {
            assert!(world.warns(&format!("prometheus/development.{key}: {warning}")), "{:?}", world.telemetry.warnings());
        })
    };
    vec![
        Effect::new(
            &["meter_provider.readers[].periodic.interval"],
            reader(&format!("{{periodic: {{interval: 10, {TO_RECEIVER}}}}}")),
            |_| {},
        )
        .meanwhile(|world| world.wait_until("a second export", |world| world.receiver.requests().len() > 1)),
        Effect::new(
            &["meter_provider.readers[].periodic.timeout"],
            reader("{periodic: {interval: 10, timeout: 50, exporter: {otlp_http: {endpoint: '${SILENT}/v1/metrics'}}}}"),
            |_| {},
        )
        .cut_off()
        .meanwhile(|world| world.wait_until("the end of a request", |world| world.says("no answer within 50 ms"))),
        Effect::new(
            &[&format!("{EXPORTER}.host"), &format!("{EXPORTER}.port")],
            reader("{pull: {exporter: {prometheus/development: {host: 127.0.0.1, port: 0}}}}"),
            |world| {
                let address = world.address.expect("metrics are served");
                assert!(address.ip().is_ipv4() && address.port() != 9464, "{address}");
                assert!(world.page.contains("shop_counter_cup_total") || world.page.contains("shop_counter_total"), "{}", world.page);
            },
        ),
        left_out("without_scope_info", "true", "is not supported by this version, and ignored"),
        left_out("without_target_info", "true", "is not supported by this version, and ignored"),
        left_out("without_type_suffix", "true", "is not supported by this version, and ignored"),
        left_out("without_units", "true", "is not supported by this version, and ignored"),
        left_out("translation_strategy", "no_translation", "is not supported by this version; names are escaped"),
        left_out("with_resource_constant_labels", "{}", "is not supported by this version, and ignored; the resource is `target_info`"),
        Effect::new(
            &["meter_provider.readers[].pull.producers", "meter_provider.readers[].periodic.producers"],
            reader(
                "{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}, producers: []}}, \
                 {periodic: {exporter: {console: }, producers: [{opencensus: }]}}",
            ),
            |world| assert!(world.warns("readers[1].periodic.producers: is not supported by this version")),
        ),
        Effect::new(
            &["meter_provider.exemplar_filter", "meter_provider.meter_configurator"],
            "meter_provider: {readers: [{periodic: {exporter: {console: }}}], exemplar_filter: trace_based, meter_configurator/development: {}}",
            |world| {
                assert!(world.warns("exemplar_filter: this version records no exemplars"));
                assert!(world.warns("meter_configurator/development: is not supported by this version"));
            },
        ),
        each_its_own(),
    ]
}

/// What a reader's exporter and its limits say holds for it, and for no other.
fn each_its_own() -> Effect {
    let periodic = |marked: &str, settings: &str, limits: &str| {
        format!(
            "{{periodic: {{exporter: {{otlp_http: {{endpoint: '${{HTTP}}/v1/metrics', headers: [{{name: x-reader, value: {marked}}}], {settings}}}}}, \
             {limits}}}}}"
        )
    };
    let readers = [
        periodic("plain", "", ""),
        periodic("exponential", "default_histogram_aggregation: base2_exponential_bucket_histogram", ""),
        periodic("limited", "", "cardinality_limits: {default: 2}"),
        "{pull: {exporter: {prometheus/development: {host: 127.0.0.1, port: 0}}, cardinality_limits: {histogram: 2}}}".to_owned(),
    ];
    Effect::new(&[], reader(&readers.join(", ")), |world| {
        for (reader, is_exponential, is_limited) in [("plain", false, false), ("exponential", true, false), ("limited", false, true)] {
            let requests: Vec<_> =
                world.receiver.requests().into_iter().filter(|request| request.header("x-reader") == Some(reader)).collect();
            let bodies = format!("{requests:?}");
            assert_eq!(bodies.contains("ExponentialHistogram("), is_exponential, "{reader}");
            assert_eq!(bodies.contains("otel.metric.overflow"), is_limited, "{reader}");
            assert!(bodies.contains("shop.observable_gauge") && bodies.contains("shop.counter"), "{reader} has everything");
        }
        let of_counter = world.page.lines().filter(|line| line.contains("shop_counter") && line.contains("overflow")).count();
        let of_histogram = world.page.lines().filter(|line| line.contains("shop_histogram") && line.contains("overflow")).count();
        assert!(of_counter == 0 && of_histogram > 0 && world.page.contains("le=\"7500.0\""), "{}", world.page);
    })
}

/// Each limit of each kind of reader holds for its kind of instruments, and for no other.
pub fn limit_rows() -> Vec<Effect> {
    let overflows = |world: &World, kind: &str| {
        let of_page = || {
            let name = format!("shop_{kind}");
            world.page.lines().any(|line| line.starts_with(&name) && line.contains("otel_metric_overflow"))
        };
        world.points(&format!("shop.{kind}")).iter().any(|point| point.attributes.contains_key("otel.metric.overflow")) || of_page()
    };
    let mut rows = Vec::new();
    for limit in KINDS.into_iter().chain(["default"]) {
        let limits = format!("cardinality_limits: {{{limit}: 2}}");
        let check = move |world: &World| {
            for kind in KINDS {
                assert_eq!(
                    overflows(world, kind),
                    limit == kind || limit == "default",
                    "the {kind} with a limit for {limit}:\n{}",
                    world.page
                );
            }
        };
        let shown = |reader: &str| format!("meter_provider.readers[].{reader}.cardinality_limits.{limit}");
        let periodic = reader(&format!("{{periodic: {{{TO_RECEIVER}, {limits}}}}}"));
        rows.push(Effect::new(&[&shown("periodic")], periodic, check));
        rows.push(Effect::new(&[&shown("pull")], pull(&limits, ""), check));
    }
    rows
}
