//! The memory of spans that are gone, for those that start: a span takes it on the thread where it starts, and it goes to the thread where it is
//! dropped.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::open::OpenSpan;

/// What a thread keeps at most: so many, none of which is larger.
const MOST: usize = 32;
const LARGEST: usize = 4096;

/// A span in such memory, which is not copied on its way. `None` while it is dropped, or taken over.
#[derive(Debug)]
pub(crate) struct InBuffer(Option<Box<OpenSpan>>);

const IS_THERE: &str = "the span is there until it is dropped, or taken over";

impl Deref for InBuffer {
    type Target = OpenSpan;

    #[inline]
    fn deref(&self) -> &OpenSpan {
        let Some(span) = &self.0 else { unreachable!("{IS_THERE}") };
        span
    }
}

impl DerefMut for InBuffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut OpenSpan {
        let Some(span) = &mut self.0 else { unreachable!("{IS_THERE}") };
        span
    }
}

thread_local! {
    static KEPT: RefCell<Vec<InBuffer>> = const { RefCell::new(Vec::new()) };
}

impl InBuffer {
    /// The span, which is no longer here.
    #[inline]
    pub(crate) fn take_over(&mut self) -> Self {
        Self(self.0.take())
    }

    #[inline]
    pub(super) fn take() -> Self {
        // A thread that ends may be past its locals.
        let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.pop());
        kept.ok().flatten().unwrap_or_else(|| Self(Some(Box::new(OpenSpan::new()))))
    }
}

impl Drop for InBuffer {
    #[inline]
    fn drop(&mut self) {
        let Some(mut span) = self.0.take() else { return };
        span.release();
        if span.attributes.bytes.capacity() > LARGEST {
            return;
        }
        let _ = KEPT.try_with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut()
                && kept.len() < MOST
            {
                kept.push(Self(Some(span)));
            }
        });
    }
}
