//! What feeds the backends: three services that call each other over HTTP, `server`, `api1` and `api2`, processes of their own.

use std::process::Command;

use tests::http;
use tests::process::Child;

use crate::LONG;

/// The three services, killed on drop.
pub(crate) struct Services {
    /// The one that is asked is the last.
    processes: Vec<Service>,
}

struct Service {
    process: Child,
    address: String,
}

/// How an order goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Good,
    /// `api2` fails.
    Failing,
    /// `api1` takes longer than a second.
    Slow,
}

impl Services {
    /// Starts them with these variables, and no others of `OTEL_*`.
    pub(crate) fn start(variables: &[(String, String)]) -> Self {
        let mut processes: Vec<Service> = Vec::new();
        for name in ["api1", "api2", "server"] {
            let peers: Vec<_> = processes.iter().map(|service| service.address.clone()).collect();
            let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
            for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
                command.env_remove(name);
            }
            command.arg(name).args(peers).env("OTEL_SERVICE_NAME", name).envs(variables.iter().map(|(name, value)| (name, value)));
            let process = Child::spawn_listening(command);
            let address = process.wait_for_line("listening ", LONG).replace("listening ", "");
            processes.push(Service { process, address });
        }
        Self { processes }
    }

    /// Asks `server` for an order, which is its trace if it is placed.
    pub(crate) fn order(&self, id: u32, order: Order) -> Option<String> {
        let server = self.processes.last().expect("they run");
        let how = match order {
            Order::Good => "",
            Order::Failing => "&fail",
            Order::Slow => "&slow",
        };
        let answer = http::get(&server.address, &format!("/order?id={id}{how}")).expect("it answers");
        assert_eq!(answer.status, if order == Order::Failing { 500 } else { 200 }, "{}", answer.text());
        (answer.status == 200).then(|| answer.text().to_owned())
    }

    /// Where Prometheus is to scrape them.
    pub(crate) fn metrics_addresses(&self) -> Vec<String> {
        let address = |service: &Service| service.process.wait_for_line("metrics ", LONG).replace("metrics ", "");
        self.processes.iter().map(address).collect()
    }

    /// Ends them, each with all that it has delivered. Returns how many items of each signal that was in all: spans, points, log records.
    pub(crate) fn end(self) -> [u64; 3] {
        let mut delivered = [0; 3];
        for Service { mut process, .. } in self.processes.into_iter().rev() {
            process.say("end");
            let output = process.wait_with_timeout(LONG);
            assert!(output.status.success() && output.stdout.ends_with("ended\n"), "{}{}", output.stdout, output.stderr);
            for (delivered, signal) in delivered.iter_mut().zip(["spans", "points", "logs"]) {
                let account = output.stdout.lines().find(|line| line.contains(signal)).expect("it tells");
                let (count, dropped) = account.split_once(signal).expect("it has that");
                assert_eq!(dropped, ", dropped 0", "{}", output.stderr);
                *delivered += count.trim_matches(|character: char| !character.is_ascii_digit()).parse::<u64>().expect("a number");
            }
        }
        delivered
    }
}
