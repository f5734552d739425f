//! The receiver of the tests in a process of its own, to be killed: `receiver ADDRESS HTTP_PORT GRPC_PORT FILE [BEHAVIOUR]…`.
//!
//! It says `ready HTTP_PORT GRPC_PORT`, and writes to the file what it accepts. Each behaviour but the last is for one request, the last for all
//! that follow; lines on stdin are more of them, each for all that follow. `bandwidth BYTES`, on stdin too, is how many may come in a second.

use std::env;
use std::io;
use std::thread;

use tests::receiver::{Behaviour, Receiver};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, http, grpc, file, behaviours @ ..] = arguments.as_slice() else { panic!("an address, two ports and a file") };
    let address = address.parse().expect("an address");
    let port = |port: &str| port.parse().expect("a port");
    let receiver = Receiver::builder().address(address).http_port(port(http)).grpc_port(port(grpc)).arrivals(file).start();
    if let [once @ .., always] = behaviours {
        for once in once {
            receiver.respond_once(behaviour(once));
        }
        receiver.respond_with(behaviour(always));
    }
    println!("ready {} {}", receiver.http_port(), receiver.grpc_port());
    for line in io::stdin().lines() {
        let line = line.expect("lines are text");
        match line.strip_prefix("bandwidth ") {
            Some(bytes) => receiver.limit_bandwidth(bytes.parse().expect("a number of bytes")),
            None => receiver.respond_with(behaviour(&line)),
        }
        println!("now {line}");
    }
    // It is killed, and needs nobody to speak to it.
    loop {
        thread::park();
    }
}

fn behaviour(text: &str) -> Behaviour {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
