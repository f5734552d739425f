#[derive(ErrorType)]
#[error_type(transparent, crate = crate::telemetry)]
struct OrderError(std::io::Error);
