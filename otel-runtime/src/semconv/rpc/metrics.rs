//! The metrics of RPC.

use opentelemetry_semantic_conventions::metric as name;

use crate::semconv::metric::{DURATION_BUCKETS, Metric};

pub(crate) const SERVER_CALL_DURATION: Metric =
    Metric::new(name::RPC_SERVER_CALL_DURATION, "s", "Measures the duration of an incoming Remote Procedure Call (RPC).")
        .buckets(DURATION_BUCKETS);

pub(crate) const CLIENT_CALL_DURATION: Metric =
    Metric::new(name::RPC_CLIENT_CALL_DURATION, "s", "Measures the duration of an outgoing Remote Procedure Call (RPC).")
        .buckets(DURATION_BUCKETS);
