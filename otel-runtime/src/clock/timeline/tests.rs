//! Timelines in a world whose clocks are made up.

use std::cell::Cell;

use super::*;

const SECOND: u64 = 1_000_000_000;

/// Nanoseconds since the epoch when the worlds begin.
const EPOCH: u64 = 1_700_000_000 * SECOND;

/// A world with a counter of 2.4 GHz and a bit, and clocks that are slewed against it.
#[derive(Default)]
struct World {
    /// How long it exists, by its counter, in nanoseconds.
    age: Cell<u64>,
    /// What the monotonic clock is ahead, in millionths of a nanosecond.
    ahead: Cell<i64>,
    /// What the wall clock was set ahead of the monotonic one, in nanoseconds.
    set: Cell<i64>,
    readings: Cell<u64>,
}

impl World {
    fn ticks(&self) -> u64 {
        u64::try_from(u128::from(self.age.get()) * 2_445_678_901 / 1_000_000_000).expect("it is no that old")
    }

    fn monotonic(&self) -> u64 {
        self.age.get().checked_add_signed(self.ahead.get() / 1_000_000).expect("it has begun")
    }

    fn wall(&self) -> u64 {
        (EPOCH + self.monotonic()).checked_add_signed(self.set.get()).expect("it has begun")
    }

    /// Goes on, with clocks that are faster than the counter by some millionths.
    fn pass(&self, nanos: u64, faster: i64) {
        self.age.set(self.age.get() + nanos);
        self.ahead.set(self.ahead.get() + i64::try_from(nanos).expect("it is no year") * faster);
    }

    /// A reading that is up to 200 ns off, as it is where each clock takes its time.
    fn read(&self) -> Reading {
        let readings = self.readings.get() + 1;
        self.readings.set(readings);
        let off = readings.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        Reading { ticks: self.ticks(), monotonic: self.monotonic() + off % 200, wall: self.wall() + (off >> 8) % 200 }
    }

    /// A timeline that begins where the clocks have been apart for 20 µs.
    fn begin(&self) -> Timeline {
        self.pass(3_600 * SECOND, 0);
        let (first, timeline) = (self.read(), Timeline::new());
        self.pass(20_000, 0);
        timeline.begin(first, self.read());
        timeline
    }

    /// How far the timeline's time is off, in nanoseconds.
    fn drift(&self, timeline: &Timeline) -> u64 {
        timeline.wall(self.ticks(), || self.read()).abs_diff(self.wall())
    }
}

#[test]
fn an_hour_of_drift_is_never_off_by_a_millisecond() {
    let world = World::default();
    let timeline = world.begin();
    for step in 0..100_000_i64 {
        // 500 millionths are the most that clocks are slewed; every ten minutes it is the other way.
        let faster = if step / 16_000 % 2 == 0 { 500 } else { -500 };
        let (before, ticks) = (world.monotonic(), world.ticks());
        world.pass(37_000_000, faster);
        let (elapsed, measured) = (world.monotonic() - before, timeline.between(ticks, world.ticks(), || world.read()));
        assert!(elapsed.abs_diff(measured) <= 37_000 + 1_000, "step {step}: {measured} ns instead of {elapsed}");
        assert!(world.drift(&timeline) < SECOND / 1_000, "step {step}: off by {} ns", world.drift(&timeline));
    }
    assert!(world.age.get() > 2 * 3_600 * SECOND);
    // It asks once a second, and some times in the first.
    assert!((3_500..3_800).contains(&world.readings.get()), "{} readings", world.readings.get());
}

#[test]
fn it_is_right_from_the_beginning() {
    let world = World::default();
    let timeline = world.begin();
    for _ in 0..1_000 {
        let ticks = world.ticks();
        world.pass(1_000, 0);
        let measured = timeline.between(ticks, world.ticks(), || world.read());
        // What clocks are off by when they are read, and what the 20 µs of the beginning are off by then.
        assert!(measured.abs_diff(1_000) <= 20 && world.drift(&timeline) <= 1_000, "{measured} ns, off by {}", world.drift(&timeline));
    }
}

#[test]
fn between_two_readings_time_goes_on_evenly() {
    let world = World::default();
    let timeline = world.begin();
    world.pass(10 * SECOND, 0);
    let mut last = timeline.wall(world.ticks(), || world.read());
    for _ in 0..900 {
        world.pass(1_000_000, 0);
        // Nobody hears of this before the second is over.
        world.set.set(world.set.get() - 5_000_000);
        let next = timeline.wall(world.ticks(), || unreachable!("the last one still holds"));
        assert!(next.abs_diff(last + 1_000_000) <= 20_000, "{last} and then {next}");
        last = next;
    }
    let earlier = timeline.wall(world.ticks() - 2_445_679, || unreachable!("the last one still holds"));
    assert!(earlier.abs_diff(last - 1_000_000) <= 20_000, "{earlier} is to be 1 ms before {last}");
}

#[test]
fn a_wall_clock_that_is_set_is_followed_within_a_second() {
    let world = World::default();
    let timeline = world.begin();
    (0..100).for_each(|_| {
        world.pass(SECOND / 10, 0);
        world.drift(&timeline);
    });
    world.set.set(-50 * 3_600_000_000_000);
    world.pass(SECOND + SECOND / 100, 0);
    assert!(world.drift(&timeline) < 1_000);
}

#[test]
fn a_machine_that_slept_is_no_reason_to_believe_in_another_frequency() {
    let world = World::default();
    let timeline = world.begin();
    (0..100).for_each(|_| {
        world.pass(SECOND / 10, 0);
        world.drift(&timeline);
    });
    // The counter goes on for an hour, and the monotonic clock does not; that of the wall does.
    world.pass(3_600 * SECOND, -1_000_000);
    world.set.set(i64::try_from(3_600 * SECOND).expect("it is no year"));
    world.pass(1_000, 0);
    assert!(world.drift(&timeline) < 1_000);
    for _ in 0..30 {
        let ticks = world.ticks();
        world.pass(SECOND / 10, 0);
        let measured = timeline.between(ticks, world.ticks(), || world.read());
        assert!(measured.abs_diff(SECOND / 10) < 100_000 && world.drift(&timeline) < 100_000, "{measured} ns");
    }
}

#[test]
fn another_frequency_is_believed_in_the_second_time() {
    let world = World::default();
    let timeline = world.begin();
    world.pass(10 * SECOND, 0);
    world.drift(&timeline);
    // As it is on another machine.
    for _ in 0..3 {
        world.pass(2 * SECOND, 20_000);
        world.drift(&timeline);
    }
    let (before, ticks) = (world.monotonic(), world.ticks());
    world.pass(SECOND / 2, 20_000);
    let (elapsed, measured) = (world.monotonic() - before, timeline.between(ticks, world.ticks(), || world.read()));
    assert!(elapsed.abs_diff(measured) < 1_000, "{measured} ns instead of {elapsed}");
}

#[test]
fn a_counter_that_goes_back_is_followed() {
    let world = World::default();
    let timeline = world.begin();
    world.pass(10 * SECOND, 0);
    world.drift(&timeline);
    let back = Reading { ticks: 5_000, monotonic: world.monotonic(), wall: world.wall() };
    timeline.renew(|| back);
    assert_eq!(timeline.wall(5_000, || back), back.wall);
    assert_eq!(timeline.between(6_000, 5_000, || back), 0);
}

#[test]
fn nobody_waits_for_a_thread_that_never_comes_back() {
    let world = World::default();
    let timeline = world.begin();
    // As a fork leaves it that another thread was writing at.
    timeline.version.store(7, Ordering::Relaxed);
    for _ in 0..10 {
        let ticks = world.ticks();
        world.pass(SECOND, 0);
        assert!(world.drift(&timeline) < 1_000);
        assert!(timeline.between(ticks, world.ticks(), || world.read()).abs_diff(SECOND) < SECOND / 100);
    }
}
