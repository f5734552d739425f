//! Which spans are recorded.

use super::Effect;
use super::world::World;

/// All spans that begin a trace here, and those of each kind of parent.
const ROOTS: [&str; 3] = ["effects.failure", "effects.work", "plain"];
const CHILDREN: [&str; 4] = ["local.sampled", "local.unsampled", "remote.sampled", "remote.unsampled"];

fn row(shows: &[&str], sampler: &str, check: impl Fn(&World) + Send + Sync + 'static) -> Effect {
    let shows: Vec<String> = shows.iter().map(|path| format!("tracer_provider.sampler.{path}")).collect();
    let shows: Vec<&str> = shows.iter().map(String::as_str).collect();
    let processors = "processors: [{simple: {exporter: {otlp_http: {endpoint: '${HTTP}/v1/traces'}}}}]";
    Effect::new(&shows, format!("tracer_provider: {{{processors}, sampler: {{{sampler}}}}}"), check)
}

/// These spans are recorded with the sampler, and no others.
fn records(shows: &[&str], sampler: &str, expected: impl IntoIterator<Item = &'static str>) -> Effect {
    let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
    let sampler_text = sampler.to_owned();
    row(shows, sampler, move |world| assert_eq!(world.spans().into_iter().collect::<Vec<_>>(), expected, "{sampler_text}"))
}

fn all() -> impl Iterator<Item = &'static str> {
    let mut all: Vec<&str> = ROOTS.into_iter().chain(CHILDREN).collect();
    all.sort_unstable();
    all.into_iter()
}

/// Roots, and what follows a parent that is sampled.
fn followed() -> Vec<&'static str> {
    vec!["effects.failure", "effects.work", "local.sampled", "plain", "remote.sampled"]
}

/// A sampler for one case of a parent, and who is recorded then: all that are by default, but for those of this case, which are the other way round.
fn case(case: &str, sampler: &str, changed: &[&str]) -> Effect {
    let mut expected = followed();
    for name in changed {
        match expected.iter().position(|known| known == name) {
            Some(at) => drop(expected.remove(at)),
            None => expected.push(CHILDREN.into_iter().find(|known| known == name).expect("it is a span")),
        }
    }
    expected.sort_unstable();
    let shown = format!("parent_based.{case}");
    records(&[&shown], &format!("parent_based: {{{case}: {{{sampler}: }}}}"), expected)
}

pub fn rows() -> Vec<Effect> {
    let warned = |shows: &[&str], sampler: &str, warning: &'static str, expected: Vec<&'static str>| {
        row(shows, sampler, move |world| {
            assert!(world.warns(warning), "{:?}", world.telemetry.warnings());
            assert_eq!(world.spans().into_iter().collect::<Vec<_>>(), expected);
        })
    };
    let unsupported = |part: &str| {
        let (shown, sampler) = (format!("composite.{part}"), format!("composite/development: {{{part}: {{}}}}"));
        warned(&[&shown], &sampler, "is not supported by this version; the default sampler", followed())
    };
    vec![
        records(&["always_on"], "always_on: ", all()),
        records(&["always_off"], "always_off: ", []),
        records(&["trace_id_ratio_based.ratio"], "trace_id_ratio_based: {ratio: 0}", []),
        records(&["trace_id_ratio_based.ratio"], "trace_id_ratio_based: {ratio: 1}", all()),
        records(&["probability.ratio"], "probability/development: {ratio: 0}", []),
        records(&["composite.always_on"], "composite/development: {always_on: }", all()),
        records(&["composite.always_off"], "composite/development: {always_off: }", []),
        records(&["composite.probability.ratio"], "composite/development: {probability: {ratio: 0}}", []),
        unsupported("parent_threshold"),
        unsupported("rule_based"),
        unsupported("parent_based"),
        warned(
            &["jaeger_remote.endpoint", "jaeger_remote.interval", "jaeger_remote.initial_sampler"],
            "jaeger_remote/development: {endpoint: 'http://localhost:1', interval: 1, initial_sampler: {always_off: }}",
            "is not supported by this version: its `initial_sampler` decides",
            Vec::new(),
        ),
        // One at the start, what stands below it, and the next a long time later.
        records(&["rate_limited.per_second"], "rate_limited: {per_second: 0.001}", ["effects.work", "local.sampled"]),
        case("root", "always_off", &ROOTS),
        case("remote_parent_sampled", "always_off", &["remote.sampled"]),
        case("remote_parent_not_sampled", "always_on", &["remote.unsampled"]),
        case("local_parent_sampled", "always_off", &["local.sampled"]),
        case("local_parent_not_sampled", "always_on", &["local.unsampled"]),
    ]
}
