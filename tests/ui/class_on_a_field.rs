use otel_runtime::ErrorType;

#[derive(ErrorType)]
pub enum OrderError {
    Io(#[error_type(transparent)] std::io::Error),
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order cannot be placed")
    }
}

fn main() {}
