//! [`Under`]: the context that something starts under, without a copy of it: to copy one is to count those who have it, where threads may meet.

use opentelemetry::Context;

/// The context that something starts under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Under<'a> {
    /// That of the thread, which has one.
    Current,
    Given(&'a Context),
}

impl Under<'_> {
    /// Looks at it. Nothing of the user's may run meanwhile: it could not make another context the current one.
    #[inline]
    pub(crate) fn with<T>(self, look: impl FnOnce(&Context) -> T) -> T {
        match self {
            Self::Current => Context::map_current(look),
            Self::Given(context) => look(context),
        }
    }

    /// A copy, for what takes one, or runs code of the user's.
    pub(crate) fn to_context(self) -> Context {
        self.with(Context::clone)
    }
}

impl<'a> From<Option<&'a Context>> for Under<'a> {
    #[inline]
    fn from(given: Option<&'a Context>) -> Self {
        given.map_or(Self::Current, Self::Given)
    }
}
