//! The memory of spans that have ended, for those that start: a span takes it on the thread where it starts, and gives it back where it ends.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::open::OpenSpan;

/// What a thread keeps at most: so many, none of which is larger.
const MOST: usize = 32;
const LARGEST: usize = 4096;

/// A span in such memory, which is not copied on its way.
#[derive(Debug)]
pub(crate) struct InBuffer(Box<OpenSpan>);

impl Deref for InBuffer {
    type Target = OpenSpan;

    #[inline]
    fn deref(&self) -> &OpenSpan {
        &self.0
    }
}

impl DerefMut for InBuffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut OpenSpan {
        &mut self.0
    }
}

thread_local! {
    static KEPT: RefCell<Vec<InBuffer>> = const { RefCell::new(Vec::new()) };
}

#[inline]
pub(super) fn take() -> InBuffer {
    // A thread that ends may be past its locals.
    let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.pop());
    kept.ok().flatten().unwrap_or_else(|| InBuffer(Box::new(OpenSpan::new())))
}

#[inline]
pub(super) fn give_back(mut span: InBuffer) {
    span.release();
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
