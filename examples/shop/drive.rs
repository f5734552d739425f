//! Starts the three services, visits them, and lets them go.

use std::env;
use std::error::Error;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::service::{DRIVEN, Service};

/// How long a service may take to start or to end: a net under one that hangs.
const LONG: Duration = Duration::from_secs(30);

/// A service in a process of its own.
struct Running {
    service: Service,
    process: Child,
    /// As long as it is open, the service runs.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    url: String,
    /// Where its metrics are scraped, if they are.
    metrics: String,
}

impl Running {
    async fn start(service: Service, others: &[&Self]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["serve", service.name()]).env(DRIVEN, "true").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        for other in others {
            command.env(other.service.address().0, &other.url);
        }
        let mut process = command.spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take().ok_or("it has no output")?);
        let mut running =
            Self { service, process, input, output: BufReader::new(output).lines(), url: String::new(), metrics: String::new() };
        running.url = timeout(LONG, running.output.next_line()).await??.ok_or("a service did not start")?;
        running.metrics = timeout(LONG, running.output.next_line()).await??.unwrap_or_default();
        Ok(running)
    }

    /// The lines of its metrics that a dashboard would begin with.
    async fn scrape(&self, client: &reqwest::Client) -> Result<Vec<String>, Box<dyn Error>> {
        if self.metrics.is_empty() {
            return Ok(Vec::new());
        }
        let text = client.get(&self.metrics).send().await?.text().await?;
        let wanted = ["http_server_request_duration_seconds_count", "function_calls_total", "db_client_operation_duration_seconds_count"];
        Ok(text.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name))).map(str::to_owned).collect())
    }

    /// Lets it end, and returns what it logged.
    async fn end(mut self) -> Result<Vec<String>, Box<dyn Error>> {
        drop(self.input.take());
        let mut lines = Vec::new();
        while let Some(line) = timeout(LONG, self.output.next_line()).await?? {
            lines.push(format!("{:8}{line}", self.service.name()));
        }
        let status = timeout(LONG, self.process.wait()).await??;
        if status.success() { Ok(lines) } else { Err(format!("{} ended with {status}", self.service.name()).into()) }
    }
}

pub(crate) async fn drive() -> Result<(), Box<dyn Error>> {
    let api1 = Running::start(Service::Api1, &[]).await?;
    let api2 = Running::start(Service::Api2, &[]).await?;
    let server = Running::start(Service::Server, &[&api1, &api2]).await?;

    // A customer with a browser, who knows nothing of telemetry.
    let client = reqwest::Client::new();
    for customer in ["ann", "bob", "ann"] {
        let answer = client.post(format!("{}/customers/{customer}/visit", server.url)).send().await?;
        print!("{}", answer.text().await?);
    }
    for path in ["/err", "/nowhere"] {
        let answer = client.get(format!("{}{path}", server.url)).send().await?;
        println!("{path}: {}", answer.status());
    }

    let mut metrics = Vec::new();
    for service in [&server, &api1, &api2] {
        metrics.extend(service.scrape(&client).await?);
    }
    // Its own spans wait for those of the services below it.
    let mut logs = Vec::new();
    for service in [server, api1, api2] {
        logs.extend(service.end().await?);
    }
    for line in logs.iter().chain(&metrics) {
        println!("{line}");
    }
    Ok(())
}
