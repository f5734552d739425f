//! The example `shop`, as users run it: three processes, with a backend and without, and with a service of Python's among them.

mod described;
mod drive;
mod python;
mod whole;

use std::time::Duration;

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(300);
