use std::pin::Pin;

use otel_runtime::traced;
use tonic::codegen::tokio_stream::{Stream, iter};

#[traced(ok(a = |_| 1), err(b = |_| 2), error_if = |_| true)]
fn orders() -> impl Stream<Item = u64> {
    iter([1, 2])
}

#[traced(ok_if = |_| true)]
fn boxed() -> Pin<Box<dyn Stream<Item = u64>>> {
    Box::pin(iter([1, 2]))
}

fn main() {
    drop((orders(), boxed()));
}
