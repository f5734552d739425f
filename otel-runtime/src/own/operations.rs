//! How long things took, and how they ended.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use super::component::Component;

/// What measures the operations of a component, if somebody wants that: the histogram is there later than what is measured.
#[derive(Debug, Default)]
pub(crate) struct Operations(OnceLock<(Histogram<f64>, Component)>);

/// What a server answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Http(u16),
    /// The name of a code of gRPC.
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "only who speaks it hears one"))]
    Rpc(&'static str),
}

impl Operations {
    /// Has everything measured that is done from now on.
    pub(crate) fn measure(&self, histogram: Histogram<f64>, component: Component) {
        // Only the first can be; there is one who asks.
        let _ = self.0.set((histogram, component));
    }

    /// Something is done, with an error of a class if it failed; `took` is asked only if that is measured.
    pub(crate) fn done(&self, took: impl FnOnce() -> Duration, status: Option<Status>, error_type: Option<Cow<'static, str>>) {
        let Some((histogram, component)) = self.0.get() else { return };
        let status = status.map(|status| match status {
            Status::Http(code) => KeyValue::new("http.response.status_code", i64::from(code)),
            Status::Rpc(code) => KeyValue::new("rpc.response.status_code", code),
        });
        let error = error_type.map(|error_type| KeyValue::new("error.type", error_type));
        histogram.record(took().as_secs_f64(), &component.with(status.into_iter().chain(error)));
    }
}
