//! The metrics of functions that a host runs.

use opentelemetry_semantic_conventions::metric as name;

use crate::semconv::metric::{DURATION_BUCKETS, Metric};

pub(crate) const INVOKE_DURATION: Metric =
    Metric::new(name::FAAS_INVOKE_DURATION, "s", "Measures the duration of the function's logic execution.").buckets(DURATION_BUCKETS);

pub(crate) const COLDSTARTS: Metric = Metric::new(name::FAAS_COLDSTARTS, "{coldstart}", "Number of invocation cold starts.");
