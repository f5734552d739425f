//! The metrics of HTTP.

use opentelemetry_semantic_conventions::metric as name;

use crate::semconv::metric::{DURATION_BUCKETS, Metric};

pub(crate) const SERVER_REQUEST_DURATION: Metric =
    Metric::new(name::HTTP_SERVER_REQUEST_DURATION, "s", "Duration of HTTP server requests.").buckets(DURATION_BUCKETS);

pub(crate) const SERVER_ACTIVE_REQUESTS: Metric =
    Metric::new(name::HTTP_SERVER_ACTIVE_REQUESTS, "{request}", "Number of active HTTP server requests.");

pub(crate) const SERVER_REQUEST_BODY_SIZE: Metric =
    Metric::new(name::HTTP_SERVER_REQUEST_BODY_SIZE, "By", "Size of HTTP server request bodies.");

pub(crate) const SERVER_RESPONSE_BODY_SIZE: Metric =
    Metric::new(name::HTTP_SERVER_RESPONSE_BODY_SIZE, "By", "Size of HTTP server response bodies.");

pub(crate) const CLIENT_REQUEST_DURATION: Metric =
    Metric::new(name::HTTP_CLIENT_REQUEST_DURATION, "s", "Duration of HTTP client requests.").buckets(DURATION_BUCKETS);

pub(crate) const CLIENT_REQUEST_BODY_SIZE: Metric =
    Metric::new(name::HTTP_CLIENT_REQUEST_BODY_SIZE, "By", "Size of HTTP client request bodies.");

pub(crate) const CLIENT_RESPONSE_BODY_SIZE: Metric =
    Metric::new(name::HTTP_CLIENT_RESPONSE_BODY_SIZE, "By", "Size of HTTP client response bodies.");
