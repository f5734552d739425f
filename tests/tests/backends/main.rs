//! Real backends: each is fetched from a public registry, started, fed by three services that call each other, asked, and stopped; everything on
//! loopback. What cannot be had on a machine is skipped, with the reason. The lines that fetch and start a backend, and the variables that make a
//! program send to it, are those that the README prints.

#![cfg(target_os = "linux")]

mod collector;
mod jaeger;
mod otelite;
mod prometheus;
mod readme;
mod rotel;
mod services;
mod zipkin;

use std::fmt::Display;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tests::process::Child;

/// A net under what hangs, on a machine that has much else to do.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// How often something is looked at that is waited for.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// Tells past the harness what was asked and answered.
pub(crate) fn tell(backend: &str, what: impl Display) {
    let _ = writeln!(std::io::stderr(), "{backend}: {what}");
}

/// Addresses that were free a moment ago; all are held until all are known, so that they differ.
pub(crate) fn free_addresses<const N: usize>() -> [String; N] {
    let bound = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free"));
    bound.map(|listener| listener.local_addr().expect("it is bound").to_string())
}

/// Waits until it listens at all of these.
#[track_caller]
pub(crate) fn wait_for_ports(process: &mut Child, addresses: &[&str]) {
    let deadline = Instant::now() + LONG;
    while addresses.iter().any(|address| TcpStream::connect(address).is_err()) {
        assert!(process.is_running() && Instant::now() < deadline, "{}{}", process.stdout(), process.stderr());
        thread::sleep(POLL);
    }
}

/// A folder of a test's own, empty, which stays for whoever wants to know what went wrong.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("backends").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the target folder can be written to");
    path
}
