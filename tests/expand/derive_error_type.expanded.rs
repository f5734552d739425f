#[automatically_derived]
impl<E: ErrorType> ::otel_runtime::__private::ErrorType for OrderError<E> {
    fn error_type(&self) -> ::std::borrow::Cow<'static, str> {
        match self {
            Self::OutOfStock { .. } => ::std::borrow::Cow::Borrowed("out_of_stock"),
            Self::Declined { .. } => ::std::borrow::Cow::Borrowed("card_declined"),
            Self::Io { 0: inner } => {
                ::otel_runtime::__private::ErrorType::error_type(inner)
            }
            Self::Other { source: inner } => {
                ::otel_runtime::__private::ErrorType::error_type(inner)
            }
        }
    }
}
