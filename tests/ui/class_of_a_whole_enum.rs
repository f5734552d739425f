use otel_runtime::ErrorType;

#[derive(ErrorType)]
#[error_type("order")]
pub enum OrderError {
    OutOfStock,
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order cannot be placed")
    }
}

fn main() {}
