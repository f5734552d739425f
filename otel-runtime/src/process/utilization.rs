//! How much of the processors was used since that was last measured.

use std::thread;
use std::time::{Duration, Instant};

/// Times on a processor, by their mode.
type Times = [(&'static str, Duration); 2];

/// What was measured last.
#[derive(Debug, Default)]
pub(super) struct Utilization {
    since: Option<(Instant, Times)>,
    last: Vec<(&'static str, f64)>,
}

/// In less time than this nothing can be said: several readers may measure one after the other.
const SHORTEST: Duration = Duration::from_millis(100);

impl Utilization {
    /// The parts of the time that all processors have, by mode; nothing the first time.
    pub(super) fn measure(&mut self, now: Instant, times: Times) -> Vec<(&'static str, f64)> {
        let Some((then, before)) = self.since else {
            self.since = Some((now, times));
            return Vec::new();
        };
        let elapsed = now.saturating_duration_since(then);
        if elapsed >= SHORTEST {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            let all = elapsed.saturating_mul(u32::try_from(processors).unwrap_or(u32::MAX)).as_secs_f64();
            let part = |((mode, time), (_, before)): ((&'static str, Duration), (_, Duration))| {
                (mode, time.saturating_sub(before).as_secs_f64() / all)
            };
            self.last = times.into_iter().zip(before).map(part).collect();
            self.since = Some((now, times));
        }
        self.last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_part_of_the_time_of_all_processors_since_the_last_time() {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let busy = |seconds| Duration::from_secs(seconds) * u32::try_from(processors).unwrap_or(1);
        let (mut utilization, began) = (Utilization::default(), Instant::now());
        let at = |seconds, user, system| (began + Duration::from_secs(seconds), [("user", busy(user)), ("system", busy(system))]);
        let mut measure = |(now, times)| utilization.measure(now, times).into_iter().map(|(_, part)| part).collect::<Vec<_>>();
        assert_eq!(measure(at(0, 3, 4)), [0.0; 0]);
        assert_eq!(measure(at(10, 8, 5)), [0.5, 0.1]);
        assert_eq!(measure(at(10, 9, 9)), [0.5, 0.1], "nothing can be said in no time");
        assert_eq!(measure(at(20, 8, 5)), [0.0, 0.0]);
    }
}
