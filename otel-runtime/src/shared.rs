//! [`Shared`]: something that lives for ever if it is global, and is counted if it is local.

use std::ops::Deref;
use std::sync::Arc;

/// Counting the users of something global would make threads meet on its counter at every call, for nothing.
#[derive(Clone, Debug)]
pub(crate) enum Shared<T: 'static> {
    Global(&'static T),
    Local(Arc<T>),
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Global(shared) => shared,
            Self::Local(shared) => shared,
        }
    }
}
