//! The processor's time-stamp counter, where it can be trusted. Nothing else is in this module, because reading it is `unsafe` in Rust.
//!
//! Two crates read it as well. `fastant` holds up every process for 20 ms or more before `main`, whether it has telemetry or not; `quanta` does so for
//! up to 200 ms when it is asked first. Both measure the frequency once and trust what the processor says of itself. The frequency is known here
//! without waiting, from what is read of the other clocks anyway, and Linux is asked: it watches the counter while it runs, compares it between
//! processors, and gives it up as its own clock if it finds fault with it.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod source {
    use std::fs;

    /// The clock that Linux has chosen for itself. In a container too, it is that of the machine.
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    /// Whether the counter is constant in frequency, the same on all processors, and never stops. Miri, which knows no instructions, has none.
    pub(in super::super) fn is_trusted() -> bool {
        !cfg!(miri) && fs::read_to_string(SOURCE).is_ok_and(|source| source.trim() == "tsc")
    }

    #[inline]
    #[allow(unsafe_code, reason = "the instruction has no safe form")]
    pub(in super::super) fn read() -> u64 {
        // SAFETY: it touches no memory. All processors of this architecture have the instruction. A process may be forbidden to use it
        // (`PR_SET_TSC`), which ends a program at its first reading of any clock, since that of the system uses it too where this is called.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod source {
    /// Elsewhere the system's clock costs little more, or nothing is known of the counter.
    pub(in super::super) fn is_trusted() -> bool {
        false
    }

    /// Never called.
    pub(in super::super) fn read() -> u64 {
        0
    }
}

pub(super) use source::{is_trusted, read};
