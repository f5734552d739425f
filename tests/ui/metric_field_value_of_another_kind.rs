#![deny(deprecated)]

use otel_runtime::{counted, timed};

#[counted("shop.orders", fields(http.method = "GET"))]
fn deprecated() {}

#[timed("shop.order.duration", fields(http.response.status_code = "200"))]
fn of_another_kind() {}

fn main() {}
