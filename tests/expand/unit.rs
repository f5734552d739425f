/// Documentation stays, and so do other attributes.
#[traced(crate = crate::telemetry)]
#[inline]
pub(crate) unsafe extern "C" fn r#move() {
    go();
}
