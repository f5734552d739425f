//! What the testing kit offers to a test beside what each other test here uses of it.

mod kit;
mod parallel;
mod records;
