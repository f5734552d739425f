/// Documentation stays, and so do other attributes.
#[inline]
pub(crate) unsafe extern "C" fn r#move() {
    let __call = crate::telemetry::__private::site!(
        "move", 0, [], .span(crate ::telemetry::__private::SpanName::new("move"), crate
        ::telemetry::__private::SpanKind::Internal, & [])
    )
        .start(crate::telemetry::__private::no_fields);
    __call
        .in_scope(
            move || -> () {
                go();
            },
            |__returned: &(), _| { crate::telemetry::__private::outcome!(__returned) },
        )
}
