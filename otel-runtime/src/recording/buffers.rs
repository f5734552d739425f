//! The memory of spans that have ended, for those that start: a span takes it on the thread where it starts, and gives it back where it ends.

use std::cell::RefCell;

use super::open::OpenSpan;

/// What a thread keeps at most: so many, none of which is larger.
const MOST: usize = 32;
const LARGEST: usize = 4096;

thread_local! {
    #[allow(clippy::vec_box, reason = "it is the boxes that are kept: a span is not copied on its way")]
    static KEPT: RefCell<Vec<Box<OpenSpan>>> = const { RefCell::new(Vec::new()) };
}

#[inline]
pub(super) fn take() -> Box<OpenSpan> {
    // A thread that ends may be past its locals.
    let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.pop());
    kept.ok().flatten().unwrap_or_else(|| Box::new(OpenSpan::new()))
}

#[inline]
pub(super) fn give_back(span: Box<OpenSpan>) {
    if span.attributes.bytes.capacity() > LARGEST {
        return;
    }
    let _ = KEPT.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut()
            && kept.len() < MOST
        {
            kept.push(span);
        }
    });
}
