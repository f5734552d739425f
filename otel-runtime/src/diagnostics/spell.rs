//! [`Spell`]: what goes wrong for a while.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something that goes wrong, once or a thousand times: it is said when that begins, and when it is over. What is now right and now wrong would be
/// said all the time, so it is said seldom, and then with everything since the last time.
#[derive(Debug, Default)]
pub(crate) struct Spell {
    /// Whether it went wrong last, to be asked where nothing does.
    is_on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_said: bool,
    /// When it was said last.
    last: Option<Instant>,
    /// How often it went wrong since it was last said that it is over.
    times: u64,
}

/// How often it may be said that something begins.
pub(crate) const SAY_EVERY: Duration = Duration::from_secs(30);

impl Spell {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It goes wrong; whether to say so.
    pub(crate) fn goes_wrong(&self) -> bool {
        let mut state = self.lock();
        self.is_on.store(true, Ordering::Relaxed);
        state.times += 1;
        let say = !state.is_said && state.last.is_none_or(|last| last.elapsed() >= SAY_EVERY);
        if say {
            state.is_said = true;
            state.last = Some(Instant::now());
        }
        say
    }

    /// It goes right. If it was said that it did not: how often that was, which is to be said.
    pub(crate) fn goes_right(&self) -> Option<u64> {
        if !self.is_on.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.lock();
        self.is_on.store(false, Ordering::Relaxed);
        mem::take(&mut state.is_said).then(|| mem::take(&mut state.times))
    }
}

/// `once`, `12 times`.
pub(crate) fn times(times: u64) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_a_thousand_times_is_said_once_and_so_is_its_end() {
        let spell = Spell::default();
        assert_eq!(spell.goes_right(), None);
        let said = (0..1000).filter(|_| spell.goes_wrong()).count();
        assert_eq!((said, spell.goes_right(), spell.goes_right()), (1, Some(1000), None));
    }

    #[test]
    fn what_is_now_right_and_now_wrong_is_said_seldom() {
        let spell = Spell::default();
        let said = (0..1000).filter(|_| spell.goes_wrong() | spell.goes_right().is_some()).count();
        assert_eq!(said, 1, "the first time, with its end");
        spell.lock().last = Instant::now().checked_sub(SAY_EVERY);
        assert!(spell.goes_wrong());
        assert_eq!(spell.goes_right(), Some(1000), "with all that nothing was said of");
    }
}
