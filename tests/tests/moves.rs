//! A backend that moves to another address behind its name. `localhost` is such a name, where it has an address of each version of IP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use otel_runtime::traced;
use tests::receiver::{Behaviour, Protocol, Receiver};
use tests::telemetry::{Said, Watched, to};
use tokio::net::TcpSocket;

/// A net under a test that hangs.
const LONG: Duration = Duration::from_secs(30);

#[traced("moves.work")]
fn work() {}

fn work_on(telemetry: &Watched) {
    let _attached = telemetry.context().attach();
    work();
}

/// The addresses of `localhost` in the order in which they are tried; `None`, and said, if there are not two of them that can be used.
fn addresses() -> Option<[IpAddr; 2]> {
    let known = ("localhost", 0).to_socket_addrs().into_iter().flatten();
    let mut usable: Vec<IpAddr> = known.map(|address| address.ip()).filter(|address| reserve((*address, 0).into()).is_ok()).collect();
    usable.dedup();
    let both = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if usable.len() == 2 && both.iter().all(|address| usable.contains(address)) {
        return usable.try_into().ok();
    }
    tests::skipped(format_args!("localhost has the addresses {usable:?} here, and is to have two"));
    None
}

/// Bound and not listening: nobody else takes the port, and who connects to it is refused. A receiver can have it too.
fn reserve(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Two ports that are the test's own on both addresses.
struct Place {
    ports: [u16; 2],
    _reserved: Vec<TcpSocket>,
}

impl Place {
    fn at(addresses: [IpAddr; 2]) -> Self {
        let port = || {
            // A port that is free on one may be taken on the other.
            std::iter::repeat_with(|| {
                let first = reserve((addresses[0], 0).into()).ok()?;
                let port = first.local_addr().ok()?.port();
                Some((port, first, reserve((addresses[1], port).into()).ok()?))
            })
            .take(100)
            .find_map(|reserved| reserved)
            .expect("a port is free on both addresses")
        };
        let ((http, a, b), (grpc, c, d)) = (port(), port());
        Self { ports: [http, grpc], _reserved: vec![a, b, c, d] }
    }

    fn receiver(&self, address: IpAddr) -> Receiver {
        Receiver::builder().address(address).http_port(self.ports[0]).grpc_port(self.ports[1]).start()
    }

    fn telemetry(&self, protocol: Protocol, at: &Receiver, said: &Said) -> Watched {
        let port = self.ports[usize::from(protocol == Protocol::Grpc)];
        let builder = said.listen(to(at, protocol)).set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://localhost:{port}"));
        let builder = builder.set("OTEL_BSP_SCHEDULE_DELAY", "1").set("OTEL_EXPORTER_OTLP_TIMEOUT", "1000");
        builder.build().expect("telemetry can be set up")
    }
}

#[test]
fn a_backend_that_ends_and_comes_back_elsewhere_is_found() {
    let Some(addresses) = addresses() else { return };
    for protocol in [Protocol::Http, Protocol::Grpc] {
        for [from, to] in [addresses, [addresses[1], addresses[0]]] {
            let (place, said) = (Place::at(addresses), Said::default());
            let old = place.receiver(from);
            let telemetry = place.telemetry(protocol, &old, &said);
            work_on(&telemetry);
            // There is a connection now, which is kept.
            old.wait_for_spans(1, LONG);
            telemetry.force_flush().expect("it is acknowledged");
            drop(old);
            work_on(&telemetry);
            while !said.lines().iter().any(|line| line.contains("trying again")) {
                std::thread::yield_now();
            }
            let new = place.receiver(to);
            new.wait_for_spans(1, LONG);
            work_on(&telemetry);
            telemetry.shutdown().expect("everything is delivered");
            assert_eq!(new.spans().len(), 2, "from {from} to {to}");
            let health = telemetry.health().traces;
            assert_eq!((health.accepted, health.delivered), (3, 3));
        }
    }
}

/// The old one keeps its connections, and answers nothing on them any more. The new one is at the address that is tried first.
#[test]
fn a_backend_that_moves_and_leaves_a_dead_connection_behind_is_found() {
    let Some([to, from]) = addresses() else { return };
    for protocol in [Protocol::Http, Protocol::Grpc] {
        let (place, said) = (Place::at([to, from]), Said::default());
        let old = place.receiver(from);
        let telemetry = place.telemetry(protocol, &old, &said);
        work_on(&telemetry);
        old.wait_for_spans(1, LONG);
        telemetry.force_flush().expect("it is acknowledged");
        old.respond_with(Behaviour::Hang);
        let new = place.receiver(to);
        work_on(&telemetry);
        new.wait_for_spans(1, LONG);
        telemetry.shutdown().expect("everything is delivered");
        assert_eq!((old.spans().len(), new.spans().len()), (1, 1));
    }
}
