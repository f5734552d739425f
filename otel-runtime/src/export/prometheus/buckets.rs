//! Buckets as Prometheus counts them: for each upper bound, how many values are at most that.
//!
//! The last bound, `+Inf`, is not among them, because its count is that of the whole histogram.

/// An upper bound, and how many values are at most that.
pub(super) type Bucket = (f64, u64);

/// More buckets than these no exponential histogram has here: each of them is a series of its own to Prometheus.
const MOST: usize = 32;

/// The buckets of a histogram with bounds.
pub(super) fn explicit(bounds: impl Iterator<Item = f64>, counts: impl Iterator<Item = u64>) -> Vec<Bucket> {
    let mut ladder = Ladder::default();
    for (bound, count) in bounds.zip(counts) {
        ladder.step(bound, count);
    }
    ladder.buckets
}

/// One side of an exponential histogram: `counts[i]` values have an absolute value in (base^(offset+i), base^(offset+i+1)].
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

impl Side {
    /// With buckets twice as wide.
    fn halved(&self) -> Self {
        let Ok(length) = i32::try_from(self.counts.len()) else { return Self::default() };
        if length == 0 {
            return Self::default();
        }
        let offset = self.offset >> 1;
        let last = (self.offset + length - 1) >> 1;
        let mut counts = vec![0; usize::try_from(last - offset + 1).unwrap_or_default()];
        for (index, count) in (self.offset..).zip(&self.counts) {
            if let Some(wider) = usize::try_from((index >> 1) - offset).ok().and_then(|place| counts.get_mut(place)) {
                *wider += count;
            }
        }
        Self { offset, counts }
    }
}

/// The buckets of an exponential histogram, which none of the text formats can tell as it is.
///
/// If there are too many, neighbours are joined until there are not. The bounds that are left were bounds before, so the series which stay count
/// on as if nothing had happened when a histogram widens.
pub(super) fn exponential(scale: i8, mut negative: Side, zero: Bucket, mut positive: Side) -> Vec<Bucket> {
    let mut scale = i32::from(scale);
    while negative.counts.len() + positive.counts.len() > MOST {
        (negative, positive, scale) = (negative.halved(), positive.halved(), scale - 1);
    }
    let mut ladder = Ladder::default();
    for (index, count) in (negative.offset..).zip(&negative.counts).collect::<Vec<_>>().into_iter().rev() {
        ladder.step(-power(index, scale), *count);
    }
    ladder.step(zero.0, zero.1);
    for (index, count) in (positive.offset..).zip(&positive.counts) {
        ladder.step(power(index + 1, scale), *count);
    }
    ladder.buckets
}

/// The base of the scale to the power of `index`.
fn power(index: i32, scale: i32) -> f64 {
    (f64::from(index) * f64::from(-scale).exp2()).exp2()
}

/// Rising bounds with rising counts.
#[derive(Default)]
struct Ladder {
    buckets: Vec<Bucket>,
    sum: u64,
}

impl Ladder {
    fn step(&mut self, bound: f64, count: u64) {
        self.sum += count;
        match self.buckets.last_mut() {
            // Too near to the one before to be told apart.
            Some((last, sum)) if bound <= *last => *sum = self.sum,
            _ if bound.is_finite() => self.buckets.push((bound, self.sum)),
            // `+Inf`, which everything is at most, or no number at all.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(offset: i32, counts: &[u64]) -> Side {
        Side { offset, counts: counts.to_vec() }
    }

    #[test]
    fn explicit_buckets_add_up() {
        let buckets = explicit([1.0, 2.0, 5.0].into_iter(), [3, 0, 2, 7].into_iter());
        assert_eq!(buckets, [(1.0, 3), (2.0, 3), (5.0, 5)]);
        assert_eq!(explicit([].into_iter(), [4].into_iter()), []);
    }

    #[test]
    fn exponential_buckets_have_powers_of_their_base_as_bounds() {
        // Base 2: (1, 2], (2, 4], (4, 8].
        assert_eq!(exponential(0, Side::default(), (0.0, 1), side(0, &[2, 0, 3])), [(0.0, 1), (2.0, 3), (4.0, 3), (8.0, 6)]);
        // Base 4: (1/16, 1/4], (1/4, 1].
        assert_eq!(exponential(-1, Side::default(), (0.0, 0), side(-2, &[1, 1])), [(0.0, 0), (0.25, 1), (1.0, 2)]);
        // [-4, -2), [-2, -1), zero, (1, 2].
        assert_eq!(exponential(0, side(0, &[1, 5]), (0.0, 2), side(0, &[4])), [(-2.0, 5), (-1.0, 6), (0.0, 8), (2.0, 12)]);
    }

    #[test]
    fn many_buckets_become_few_with_the_same_values_under_the_same_bounds() {
        let fine = side(-80, &[1; 160]);
        let all = {
            let mut ladder = Ladder::default();
            for (index, count) in (fine.offset..).zip(&fine.counts) {
                ladder.step(power(index + 1, 3), *count);
            }
            ladder.buckets
        };
        let few = exponential(3, Side::default(), (0.0, 0), fine);
        assert!(few.len() <= MOST + 1, "{}", few.len());
        for (bound, count) in few.into_iter().skip(1) {
            let same = all.iter().find(|(fine, _)| (fine - bound).abs() < bound * 1e-12);
            // The outermost may reach beyond what there was.
            assert_eq!(same.map_or(160, |(_, count)| *count), count, "at most {bound}");
        }
    }

    #[test]
    fn bounds_beyond_all_numbers_are_left_to_infinity() {
        assert_eq!(exponential(-10, Side::default(), (0.0, 0), side(0, &[3])), [(0.0, 0)]);
        assert_eq!(exponential(-10, Side::default(), (0.0, 1), side(-3, &[3])), [(0.0, 4)], "too small for a bound of its own");
    }
}
