use otel_runtime::ErrorType;

#[derive(ErrorType)]
pub union OrderError {
    code: u32,
}

fn main() {}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no order")
    }
}
