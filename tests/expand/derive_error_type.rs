#[derive(ErrorType)]
enum OrderError<E: ErrorType> {
    OutOfStock,
    #[error_type("card_declined")]
    Declined { reason: String },
    #[error_type(transparent)]
    Io(std::io::Error),
    #[error_type(transparent)]
    Other { source: E },
}
