use otel_runtime::ErrorType;

#[derive(ErrorType)]
pub union OrderError {
    code: u32,
}

fn main() {}
