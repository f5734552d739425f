#[automatically_derived]
impl<E: ErrorType> ::otel_runtime::__private::ErrorType for OrderError<E> {
    fn error_type(&self) -> ::std::borrow::Cow<'static, str> {
        match self {
            Self::OutOfStock { .. } => ::std::borrow::Cow::Borrowed("out_of_stock"),
            Self::Declined { .. } => ::std::borrow::Cow::Borrowed("card_declined"),
            Self::Io { 0: __otel_inner } => {
                ::otel_runtime::__private::ErrorType::error_type(__otel_inner)
            }
            Self::Other { source: __otel_inner } => {
                ::otel_runtime::__private::ErrorType::error_type(__otel_inner)
            }
        }
    }
}
