#![deny(deprecated)]

use otel_runtime::{Unit, counted, timed};

const CALLS: Unit = Unit::new("{call}");

#[counted("http.server.request.duration")]
fn another_instrument() {}

#[timed("http.server.active_requests")]
fn no_histogram() {}

#[timed("http.server.request.body.size")]
fn another_unit() {}

#[counted("aspnetcore.authentication.challenges", unit = "{call}")]
fn a_unit_of_its_own() {}

#[counted("aspnetcore.authentication.challenges", unit = CALLS)]
fn a_unit_by_a_constant() {}

#[timed("http.server.request.duraton")]
fn misspelt() {}

#[counted("system.cpu.time")]
fn no_calls() {}

#[counted("function.duration")]
fn the_runtimes_own() {}

fn main() {}
