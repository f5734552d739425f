//! The metrics of clients of databases, and of their pools.

use opentelemetry_semantic_conventions::metric as name;

use crate::semconv::metric::Metric;

/// Seconds, as the conventions have them for `db.client.operation.duration`.
const DURATION_BUCKETS: &[f64] = &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// Rows, as the conventions have them for `db.client.response.returned_rows`.
const ROW_BUCKETS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0];

pub(crate) const OPERATION_DURATION: Metric =
    Metric::new(name::DB_CLIENT_OPERATION_DURATION, "s", "Duration of database client operations").buckets(DURATION_BUCKETS);

pub(crate) const RETURNED_ROWS: Metric =
    Metric::new(name::DB_CLIENT_RESPONSE_RETURNED_ROWS, "{row}", "The actual number of records returned by the database operation")
        .buckets(ROW_BUCKETS);

pub(crate) const CONNECTION_COUNT: Metric =
    Metric::new(name::DB_CLIENT_CONNECTION_COUNT, "{connection}", "Connections that are idle or used");

pub(crate) const CONNECTION_MAX: Metric = Metric::new(name::DB_CLIENT_CONNECTION_MAX, "{connection}", "Open connections that there may be");

pub(crate) const CONNECTION_PENDING_REQUESTS: Metric =
    Metric::new(name::DB_CLIENT_CONNECTION_PENDING_REQUESTS, "{request}", "Requests that wait for a connection");

pub(crate) const CONNECTION_TIMEOUTS: Metric =
    Metric::new(name::DB_CLIENT_CONNECTION_TIMEOUTS, "{timeout}", "Requests for a connection that timed out");

// The conventions prescribe no buckets for the times of pools.
pub(crate) const CONNECTION_USE_TIME: Metric =
    Metric::new(name::DB_CLIENT_CONNECTION_USE_TIME, "s", "From when a connection is there until it is given back")
        .buckets(DURATION_BUCKETS);

pub(crate) const CONNECTION_WAIT_TIME: Metric =
    Metric::new(name::DB_CLIENT_CONNECTION_WAIT_TIME, "s", "Until a connection is there").buckets(DURATION_BUCKETS);
