//! The example `shop`, as users run it: three processes, with a backend and without, and with a service of Python's among them.

mod described;
mod drive;
mod python;
mod whole;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tests::process::Child;

/// A net under a program that hangs, with time for a build before it runs.
const LONG: Duration = Duration::from_secs(300);

/// The executable, which is built once.
fn shop() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "examples", "--example", "shop"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = Child::spawn(cargo).wait_with_timeout(LONG);
        assert!(output.status.success(), "{}", output.stderr);
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("a test is in a folder of its profile");
        folder.join("examples/shop")
    });
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command
}

/// A service, which ends when it is dropped or let go.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    /// Starts a service that exports to `endpoint` and finds others under the variables of `addresses`.
    fn start(name: &str, endpoint: &str, addresses: &[(&str, &str)]) -> Self {
        let mut command = shop();
        command.args(["serve", name]).env("SHOP_DRIVEN", "true").env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        command.envs(addresses.iter().copied());
        let process = Child::spawn_listening(command);
        let url = process.wait_for_line("http://", LONG);
        Self { process, url: url.trim().to_owned() }
    }

    /// Lets it end, with everything delivered.
    fn end(mut self) {
        self.process.end_input();
        let output = self.process.wait_with_timeout(LONG);
        assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
    }
}

/// The status and the body of what is answered to a request.
fn request(method: &str, url: &str, path: &str) -> (u16, String) {
    let address = url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("the service is there");
    write!(socket, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").expect("it listens");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
