use otel_runtime::ErrorType;

#[derive(ErrorType)]
pub struct OrderError;

fn main() {}
