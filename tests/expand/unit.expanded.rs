/// Documentation stays, and so do other attributes.
#[inline]
pub(crate) unsafe extern "C" fn r#move() {
    let span = crate::telemetry::__private::site!(
        crate ::telemetry::__private::SpanName::new("move"), Internal, [], "move", 0
    )
        .start(crate::telemetry::__private::no_fields);
    span.in_scope(
        move || -> () {
            go();
        },
        |returned: &()| crate::telemetry::__private::outcome!(returned),
    )
}
