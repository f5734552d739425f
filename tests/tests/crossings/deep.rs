//! Calls in calls, 10,000 deep.

use otel_runtime::context;
use otel_runtime::traced;

use crate::{number, parent, recorded};

const DEPTH: u64 = 10_000;

#[traced(fields(depth))]
fn down(depth: u64) {
    if depth < DEPTH {
        down(depth + 1);
    }
}

#[traced("down", fields(depth))]
async fn down_async(depth: u64) {
    if depth < DEPTH {
        Box::pin(down_async(depth + 1)).await;
    }
}

/// On a thread with a stack for it: what a debug build puts there is not what is looked at.
fn each_is_the_child_of_the_one_above(run: impl FnOnce() + Send) {
    let spans = recorded(|context| {
        let _attached = context.clone().attach();
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(512 << 20).spawn_scoped(scope, context::wrap(run));
            thread.expect("a thread can be started").join().expect("it does not overflow");
        });
    });
    assert_eq!(spans.len() as u64, DEPTH);
    for span in spans.values() {
        let above = parent(&spans, span).map_or(0, |parent| number(parent, "depth"));
        assert_eq!(number(span, "depth"), above + 1);
    }
}

#[test]
fn calls_ten_thousand_deep() {
    each_is_the_child_of_the_one_above(|| down(1));
}

#[test]
fn futures_ten_thousand_deep() {
    each_is_the_child_of_the_one_above(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
        runtime.block_on(down_async(1));
    });
}
