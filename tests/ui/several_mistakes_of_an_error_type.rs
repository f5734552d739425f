use otel_runtime::ErrorType;

#[derive(ErrorType)]
#[error_type(prefix = "order")]
pub enum OrderError {
    #[error_type("out of stock")]
    OutOfStock,
    #[error_type(transparent, crate = ::otel_runtime)]
    Declined,
    #[error_type]
    Lost,
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the order cannot be placed")
    }
}

fn main() {}
