//! A backend that can be killed: the program `receiver`.

use std::collections::HashSet;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tests::process::Child;
use tests::receiver::{Arrival, Arrivals, Signal};
use tokio::net::TcpSocket;

use crate::Folder;

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Grpc,
}

pub(crate) struct Backend {
    process: Option<Child>,
    address: Ipv4Addr,
    ports: [u16; 2],
    /// Bound to the ports, and not listening, so that nobody else takes them while the receiver is away.
    _reserved: [TcpSocket; 2],
    arrivals: PathBuf,
}

/// What arrived.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) distinct: u64,
    pub(crate) duplicates: u64,
    /// Those with the id of another program's.
    pub(crate) shared_ids: u64,
    /// Those with another payload than was put in.
    pub(crate) damaged: u64,
    /// When what had ended at some moment had all arrived, counted from then.
    pub(crate) caught_up: Option<Duration>,
}

impl Backend {
    /// One that is not there yet.
    pub(crate) fn absent(folder: &Folder) -> Self {
        let reserved = [0, 1].map(|_| {
            let socket = TcpSocket::new_v4().expect("there are sockets");
            // As the receiver does, which is what lets both have the port.
            socket.set_reuseaddr(true).expect("a socket can have options");
            socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
            socket
        });
        let ports = [0, 1].map(|index: usize| reserved[index].local_addr().expect("it has an address").port());
        Self {
            process: None,
            address: Ipv4Addr::LOCALHOST,
            ports,
            _reserved: reserved,
            arrivals: folder.path(&format!("arrivals-{}", ports[0])),
        }
    }

    pub(crate) fn start(folder: &Folder, behaviours: &[&str]) -> Self {
        let mut backend = Self::absent(folder);
        backend.come_back(behaviours);
        backend
    }

    /// Starts it on its ports. Returns the time in microseconds since 1970.
    pub(crate) fn come_back(&mut self, behaviours: &[&str]) -> u64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_receiver"));
        command.arg(self.address.to_string()).args(self.ports.map(|port| port.to_string())).arg(&self.arrivals).args(behaviours);
        let process = Child::spawn_listening(command);
        process.wait_for_line("ready", LONG);
        self.process = Some(process);
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_micros()).expect("it is near")
    }

    /// The address at which it comes back.
    pub(crate) fn move_to(&mut self, address: Ipv4Addr) {
        self.address = address;
    }

    pub(crate) fn port(&self, protocol: Protocol) -> u16 {
        self.ports[protocol as usize]
    }

    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// It behaves so from now on.
    pub(crate) fn say(&mut self, behaviour: &str) {
        self.process.as_mut().expect("it runs").say(behaviour);
    }

    pub(crate) fn endpoint(&self, protocol: Protocol) -> String {
        format!("http://127.0.0.1:{}", self.ports[protocol as usize])
    }

    /// Everything of a signal that arrived.
    pub(crate) fn arrivals(&self, signal: Signal) -> Vec<Arrival> {
        Arrivals::read(&self.arrivals).into_iter().filter(|arrival| arrival.signal == signal).collect()
    }

    /// What arrived of the spans that `of` says. `back` is when it came back.
    pub(crate) fn seen(&self, back: Option<u64>, of: impl Fn(&Arrival) -> bool) -> Seen {
        let spans = self.arrivals(Signal::Traces);
        let arrivals: Vec<Arrival> = spans.into_iter().filter(of).collect();
        let distinct: HashSet<_> = arrivals.iter().map(|arrival| (arrival.run, arrival.sequence)).collect();
        let ids: HashSet<_> = arrivals.iter().map(|arrival| (arrival.run, arrival.trace_id, arrival.span_id)).collect();
        assert_eq!(distinct.len(), ids.len(), "each span of a program has an id of its own");
        let caught_up = back.and_then(|back| {
            let waited = arrivals.iter().filter(|arrival| arrival.ended < back).map(|arrival| arrival.arrived);
            Some(Duration::from_micros(waited.max()?.saturating_sub(back)))
        });
        Seen {
            distinct: distinct.len() as u64,
            duplicates: (arrivals.len() - distinct.len()) as u64,
            shared_ids: {
                let ids: HashSet<_> = arrivals.iter().map(|arrival| (arrival.trace_id, arrival.span_id)).collect();
                (distinct.len() - ids.len()) as u64
            },
            damaged: arrivals.iter().filter(|arrival| arrival.payload.is_none()).count() as u64,
            caught_up,
        }
    }
}

/// A receiver that ended by itself is a fault of the test.
impl Drop for Backend {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        let ended = !process.is_running();
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "the receiver {}: {}", if ended { "ended" } else { "runs" }, process.stderr());
        } else {
            assert!(!ended, "the receiver ended: {}", process.stderr());
        }
    }
}
