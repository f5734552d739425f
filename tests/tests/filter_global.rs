//! The filter of the process's own telemetry: one test in a binary of its own, because it sets that up.

use std::io;

use otel_runtime::traced;
use tests::telemetry::{calls_while_reloading, isolated};

mod shop {
    use super::traced;

    #[traced]
    pub fn hot() -> bool {
        otel_runtime::current().is_recording()
    }

    #[traced]
    pub fn cold() -> bool {
        otel_runtime::current().is_recording()
    }
}

#[test]
fn it_is_reloaded_for_the_whole_process() {
    assert!(!shop::hot(), "nothing is installed");
    let telemetry = isolated()
        .set("OTEL_TRACES_EXPORTER", "console")
        .set("OTEL_RUST_FILTER", "filter_global::shop::hot=off")
        .console(io::sink())
        .init()
        .expect("nothing is set up before");
    assert!(!shop::hot() && shop::cold());

    let (hot, spans) = otel_runtime::testing::capture(shop::hot);
    assert!(hot && spans.tree() == "hot\n", "a capture is not filtered");
    assert!(!shop::hot(), "and leaves the filter as it was");

    let local = isolated().set("OTEL_TRACES_EXPORTER", "console").set("OTEL_RUST_FILTER", "filter_global::shop::cold=off");
    let local = local.console(io::sink()).build().expect("telemetry can be set up");
    {
        let _attached = local.context().attach();
        assert!(shop::hot() && !shop::cold(), "telemetry of its own has a filter of its own");
    }
    assert!(!shop::hot() && shop::cold());
    local.shutdown().expect("the console takes everything");
    assert!(!shop::hot() && shop::cold());

    telemetry.reload_filter("filter_global::shop::hot=maybe").expect_err("that is no rule");
    assert!(!shop::hot() && shop::cold(), "a filter that is written wrongly changes nothing");
    telemetry.reload_filter("0,filter_global::shop::hot=1").expect("it is a filter");
    assert!(shop::hot() && !shop::cold(), "the ratio of a place decides of the traces that begin there");

    assert_eq!(calls_while_reloading(&telemetry, ["1", "off"], shop::hot), [0, 0]);
    telemetry.shutdown().expect("the console takes everything");
}
