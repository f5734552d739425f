#[automatically_derived]
impl crate::telemetry::__private::ErrorType for OrderError {
    fn error_type(&self) -> ::std::borrow::Cow<'static, str> {
        match self {
            Self { 0: __otel_inner } => {
                crate::telemetry::__private::ErrorType::error_type(__otel_inner)
            }
        }
    }
}
