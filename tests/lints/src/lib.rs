//! Each mistake stands on a line that ends in what the compiler says about it, in part.

use std::collections::HashMap; // warning: unused import

use otel_runtime::traced;

#[traced]
pub fn unused_argument(used: u8, unused: u8) -> u8 { // warning: unused variable: `unused`
    used
}

#[traced(fields(seen))]
pub fn argument_that_is_recorded(seen: u8, other: u8) {} // warning: unused variable: `other`

#[traced]
pub async fn unused_argument_later(used: u8, unused: u8) -> u8 { // warning: unused variable: `unused`
    used
}

#[traced]
fn never_called() {} // warning: `never_called` is never used

#[otel_runtime::counted]
async fn never_awaited() {} // warning: `never_awaited` is never used

struct Shop;

#[traced]
impl Shop {
    fn never_opened(&self) {} // warning: `never_opened` is never used

    pub fn locals(&self) -> u8 {
        let local = 1; // warning: unused variable: `local`
        let mut never_changed = 2; // warning: variable does not need to be mutable
        never_changed
    }
}

#[traced]
#[must_use]
pub fn must_be_used() -> u8 {
    1
}

#[traced]
fn fails() -> Result<(), String> {
    Err(String::new())
}

#[traced]
async fn waits() -> u8 {
    1
}

#[traced]
fn opaque() -> impl std::future::Future<Output = u8> {
    std::future::ready(1)
}

#[traced]
pub async fn drops_what_it_is_given() {
    must_be_used(); // warning: unused return value of `must_be_used`
    fails(); // warning: unused `Result` that must be used
    waits(); // warning: unused implementer of `Future`
    opaque(); // warning: unused implementer of `Future`
    Shop.locals();
}

#[traced]
pub fn unreachable_end() -> u8 {
    return 1;
    2 // warning: unreachable expression
}

#[traced]
pub async fn unreachable_end_later() -> u8 {
    return 1;
    2 // warning: unreachable expression
}

#[traced]
pub fn value_never_read() -> u8 {
    let mut value = 1; // warning: value assigned to `value` is never read
    value = 2;
    value
}

#[traced]
pub fn needless_parentheses() -> u8 {
    let one = (1); // warning: unnecessary parentheses around assigned value
    one
}

#[traced]
#[deprecated]
pub fn old() {}

#[traced]
pub fn calls_what_is_old(mut unchanged: u8) -> u8 { // warning: variable does not need to be mutable
    old(); // warning: use of deprecated function `old`
    unchanged
}

#[traced]
pub fn nonStandard() {} // warning: should have a snake case name

#[traced]
pub fn bad_local() {
    let BadLocal = 1; // warning: should have a snake case name
    let _ = BadLocal;
}

#[traced]
#[allow(unused_variables)]
pub fn allowed(unused: u8) {}

#[derive(otel_runtime::Attributes)]
struct NeverMade { // warning: struct `NeverMade` is never constructed
    id: u8,
}

#[derive(Clone, Copy, otel_runtime::MetricValue)]
pub(crate) enum Payment {
    Card,
    Cash, // warning: variant `Cash` is never constructed
}

#[otel_runtime::counted(fields(payment))]
pub(crate) fn pays(payment: Payment) {}

#[traced]
pub unsafe fn reads(pointer: *const u8) -> u8 {
    *pointer
}

pub fn calls() {
    pays(Payment::Card);
    let _ = Shop;
    #[traced]
    fn inner(unused: u8) {} // warning: unused variable: `unused`
    inner(1);
}
