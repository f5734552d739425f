//! [`Sampling`]: what is known of a sampler without asking it.

use super::parent::Parent;
use super::sampler::Sampler;

/// For each kind of parent, whether the sampler never samples its children. A span that cannot be sampled needs no attributes, and below one
/// that was not sampled in this process none is built at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sampling {
    never: [bool; Parent::ALL.len()],
}

impl Sampling {
    #[inline]
    pub(crate) fn is_ruled_out(self, parent: Parent) -> bool {
        self.never[parent as usize]
    }
}

/// What is known of the decision about a span before the sampler is asked, for each kind of parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is sampled, where the trace state says nothing that would have to be kept true.
    Sampled,
    /// It is not, there.
    Dropped,
    /// The sampler is to be asked, which looks at ids and the trace state.
    Nothing,
    /// The same of one of the user's, which looks at whatever the span begins with.
    Looks,
}

impl From<&Sampler> for Sampling {
    fn from(sampler: &Sampler) -> Self {
        Self { never: Parent::ALL.map(|parent| sampler.rules_out(parent)) }
    }
}
