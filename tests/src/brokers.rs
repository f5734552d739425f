//! Brokers, and Redis, for tests: programs of this machine, on ports of their own and in a folder of their own, none of which outlives its test.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::process::Child;

/// A machine that is busy with other tests takes its time.
const START_LIMIT: Duration = Duration::from_secs(120);

const SOCKET: &str = "redis.sock";

/// A broker that runs until it is dropped.
pub struct Broker {
    /// Where clients reach it, on the loopback.
    pub port: u16,
    processes: Vec<Child>,
    /// What it has started in turn is in the group of this process.
    group: Option<u32>,
    folder: PathBuf,
}

impl Broker {
    /// Starts a NATS server with JetStream; `None`, and a line that says so, if there is none on this machine.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn nats() -> Option<Self> {
        let program = found("nats-server", &["/usr/bin", "/usr/sbin", "/usr/local/bin"])?;
        let folder = new_folder("nats");
        let mut command = Command::new(program);
        command.args(["--addr", "127.0.0.1", "--port", "-1", "--jetstream", "--store_dir"]).arg(&folder);
        let server = Child::spawn(command);
        let line = server.wait_for_line("Listening for client connections on", START_LIMIT);
        server.wait_for_line("Server is ready", START_LIMIT);
        let port = line.rsplit(':').next().and_then(|port| port.trim().parse().ok()).expect("the line ends with the port");
        Some(Self { port, processes: vec![server], group: None, folder })
    }

    /// Starts a Redis server, which keeps nothing; `None`, and a line that says so, if there is none on this machine. It listens at
    /// [`Broker::socket`] too.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn redis() -> Option<Self> {
        let program = found("redis-server", &["/usr/bin", "/usr/local/bin"])?;
        let (folder, port) = (new_folder("redis"), free_port());
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no", "--dir"]).arg(&folder);
        command.arg("--unixsocket").arg(folder.join(SOCKET));
        let server = Child::spawn(command);
        server.wait_for_line("Ready to accept connections", START_LIMIT);
        Some(Self { port, processes: vec![server], group: None, folder })
    }

    /// The socket of Unix that a Redis server listens at.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join(SOCKET)
    }

    /// Starts a RabbitMQ server; `None`, and a line that says so, if there is none on this machine.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn rabbitmq() -> Option<Self> {
        let program = found("rabbitmq-server", &["/usr/lib/rabbitmq/bin"])?;
        let epmd = found("epmd", &["/usr/bin", "/usr/local/bin"])?;
        let folder = new_folder("rabbitmq");
        let (port, between_nodes, names) = (free_port(), free_port(), free_port().to_string());
        // Nodes find each other with a daemon that the server would start, and leave behind.
        let mut command = Command::new(epmd);
        command.args(["-port", &names]).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        let epmd = Child::spawn(command);
        let mut command = Command::new(program);
        command.process_group(0).env("HOME", &folder).env("ERL_EPMD_PORT", names).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_NODENAME", format!("node{port}@localhost")).env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_NODE_PORT", port.to_string()).env("RABBITMQ_DIST_PORT", between_nodes.to_string());
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
        command.env("RABBITMQ_LOGS", "-").env("RABBITMQ_LOG_BASE", &folder).env("RABBITMQ_MNESIA_BASE", folder.join("data"));
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins")).env("RABBITMQ_CONF_ENV_FILE", folder.join("none"));
        let server = Child::spawn(command);
        let broker = Self { port, group: Some(server.id()), processes: vec![server, epmd], folder };
        broker.processes[0].wait_for_line("Server startup complete", START_LIMIT);
        Some(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let killed = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).status();
            assert!(killed.is_ok_and(|status| status.success()), "the group of {group} cannot be ended");
        }
        for process in &mut self.processes {
            process.kill();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn found(program: &str, folders: &[&str]) -> Option<PathBuf> {
    let found = folders.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file());
    if found.is_none() {
        crate::skipped(format_args!(
            "there is no {program} on this machine; `apt-get install nats-server rabbitmq-server redis-server` brings it to a Debian"
        ));
    }
    found
}

fn new_folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = std::env::temp_dir().join(format!("otel-runtime-{name}-{}-{}", id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&folder).expect("there is a folder for temporary files");
    folder
}

/// A port that nobody has at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address").port()
}
