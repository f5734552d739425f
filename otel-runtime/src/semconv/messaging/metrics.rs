//! The metrics of messaging.

use opentelemetry_semantic_conventions::{attribute as key, metric as name};

use crate::semconv::metric::{DURATION_BUCKETS, Metric};

pub(crate) const OPERATION_DURATION: Metric = Metric::new(
    name::MESSAGING_CLIENT_OPERATION_DURATION,
    "s",
    "Duration of messaging operation initiated by a producer or consumer client.",
)
.buckets(DURATION_BUCKETS);

pub(crate) const PROCESS_DURATION: Metric =
    Metric::new(name::MESSAGING_PROCESS_DURATION, "s", "Duration of processing operation.").buckets(DURATION_BUCKETS);

pub(crate) const SENT_MESSAGES: Metric =
    Metric::new(name::MESSAGING_CLIENT_SENT_MESSAGES, "{message}", "Number of messages producer attempted to send to the broker.")
        .without(key::MESSAGING_OPERATION_TYPE);

pub(crate) const CONSUMED_MESSAGES: Metric =
    Metric::new(name::MESSAGING_CLIENT_CONSUMED_MESSAGES, "{message}", "Number of messages that were delivered to the application.")
        .without(key::MESSAGING_OPERATION_TYPE);
