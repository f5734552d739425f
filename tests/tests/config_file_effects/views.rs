//! What is exported of which instruments.

use std::collections::BTreeSet;

use tests::points::{Kind, Point, points};

use super::Effect;
use super::instruments::KINDS;
use super::world::World;

fn view(selector: &str, stream: &str) -> String {
    format!(
        "meter_provider: {{readers: [{{periodic: {{exporter: {{otlp_http: {{endpoint: '${{HTTP}}/v1/metrics'}}}}}}}}], \
         views: [{{selector: {{{selector}}}, stream: {{{stream}}}}}]}}"
    )
}

/// Everything that a selector can say, with the instruments that fit.
pub fn selector_rows() -> Vec<Effect> {
    let row = |key: &str, value: &str, fit: Vec<String>| {
        Effect::new(
            &[&format!("meter_provider.views[].selector.{key}")],
            view(&format!("{key}: {value}"), "description: selected"),
            move |world| {
                let is_ours = |point: &&Point| point.metric.starts_with("shop.") || point.metric.starts_with("other.");
                let selected = |point: &Point| (point.description == "selected").then(|| point.metric.clone());
                let selected: BTreeSet<String> = points(&world.receiver.metrics()).iter().filter(is_ours).filter_map(selected).collect();
                assert_eq!(selected.into_iter().collect::<Vec<_>>(), fit);
            },
        )
    };
    let one = |name: &str| vec![name.to_owned()];
    let mut of_shop: Vec<String> = KINDS.iter().map(|kind| format!("shop.{kind}")).collect();
    of_shop.sort();
    let mut rows = vec![
        row("instrument_name", "'shop.up_*'", one("shop.up_down_counter")),
        row("unit", "'{cup}'", one("shop.counter")),
        row("meter_name", "other", one("other.counter")),
        row("meter_version", "'1.0'", of_shop.clone()),
        row("meter_schema_url", "'https://opentelemetry.io/schemas/1.40.0'", of_shop),
    ];
    rows.extend(
        KINDS
            .iter()
            .filter(|kind| !["counter", "histogram"].contains(kind))
            .map(|kind| row("instrument_type", kind, one(&format!("shop.{kind}")))),
    );
    rows
}

/// Of one instrument, what a stream says, and how its points are then.
pub fn stream_rows() -> Vec<Effect> {
    fn row(shows: &[&str], instrument: &str, stream: &str, check: fn(&World)) -> Effect {
        let shows: Vec<String> = shows.iter().map(|key| format!("meter_provider.views[].stream.{key}")).collect();
        let shows: Vec<&str> = shows.iter().map(String::as_str).collect();
        Effect::new(&shows, view(&format!("instrument_name: {instrument}"), stream), check)
    }
    fn histogram(world: &World) -> Point {
        world.points("shop.histogram").into_iter().find(|point| point.labels().contains("white")).expect("it is measured")
    }
    vec![
        row(&["name", "description"], "shop.counter", "name: cups, description: 'What was drunk.'", |world| {
            assert!(world.points("shop.counter").is_empty() && world.points("cups").len() == 3);
            assert_eq!(world.points("cups")[0].description, "What was drunk.");
        }),
        row(&["aggregation_cardinality_limit"], "shop.counter", "aggregation_cardinality_limit: 2", |world| {
            assert!(world.points("shop.counter").iter().any(|point| point.attributes.contains_key("otel.metric.overflow")));
            assert_eq!(world.points("shop.gauge").len(), 3);
        }),
        row(&["attribute_keys.included"], "shop.counter", "attribute_keys: {included: [siz*]}", |world| {
            assert_eq!(world.points("shop.counter").iter().map(Point::labels).collect::<Vec<_>>(), ["size=7"]);
        }),
        row(&["attribute_keys.excluded"], "shop.counter", "attribute_keys: {excluded: [size]}", |world| {
            let labels: BTreeSet<String> = world.points("shop.counter").iter().map(Point::labels).collect();
            assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["colour=black", "colour=green", "colour=white"]);
        }),
        row(&["aggregation.default"], "shop.histogram", "aggregation: {default: }", |world| {
            let point = histogram(world);
            assert_eq!((point.kind, point.histogram.bounds.last()), (Kind::Histogram, Some(&10000.0)));
        }),
        row(&["aggregation.drop"], "shop.counter", "aggregation: {drop: }", |world| {
            assert!(world.points("shop.counter").is_empty() && !world.points("shop.gauge").is_empty());
        }),
        row(&["aggregation.sum"], "shop.histogram", "aggregation: {sum: }", |world| {
            let point = histogram(world);
            assert_eq!((point.kind, point.value), (Kind::Counter, 6000.0));
        }),
        row(&["aggregation.last_value"], "shop.gauge", "aggregation: {last_value: }, name: last", |world| {
            assert_eq!(world.points("last").iter().map(|point| point.kind).collect::<Vec<_>>(), [Kind::Gauge; 3]);
        }),
        row(
            &["aggregation.explicit_bucket_histogram.boundaries", "aggregation.explicit_bucket_histogram.record_min_max"],
            "shop.histogram",
            "aggregation: {explicit_bucket_histogram: {boundaries: [1, 7000], record_min_max: false}}",
            |world| {
                let measured = histogram(world).histogram;
                assert_eq!((measured.bounds, measured.counts, measured.min), (vec![1.0, 7000.0], vec![0, 1, 0], None));
            },
        ),
        row(
            &[
                "aggregation.base2_exponential_bucket_histogram.max_size",
                "aggregation.base2_exponential_bucket_histogram.max_scale",
                "aggregation.base2_exponential_bucket_histogram.record_min_max",
            ],
            "shop.histogram",
            "aggregation: {base2_exponential_bucket_histogram: {max_size: 2, max_scale: -1, record_min_max: false}}, \
             attribute_keys: {included: []}",
            |world| {
                let points = world.points("shop.histogram");
                let [point] = points.as_slice() else { panic!("{points:?}") };
                assert_eq!((point.kind, point.histogram.min), (Kind::ExponentialHistogram, None));
                assert!(point.histogram.counts.len() <= 2 && point.histogram.scale < -1, "from 0.1 to 6000 in two buckets: {point:?}");
            },
        ),
        row(
            &["aggregation.base2_exponential_bucket_histogram.max_scale"],
            "shop.histogram",
            "aggregation: {base2_exponential_bucket_histogram: {max_scale: 3}}",
            |world| {
                let measured = histogram(world).histogram;
                assert_eq!((measured.scale, measured.min), (3, Some(6000.0)));
            },
        ),
    ]
}
