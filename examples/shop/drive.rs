//! Starts the three services, visits them, and lets them go.

use std::error::Error;

use examples::Running;

use crate::service::Service;

/// A service, and where it is.
struct Started {
    running: Running,
    service: Service,
    url: String,
    /// Where its metrics are scraped, if they are.
    metrics: String,
}

impl Started {
    async fn start(service: Service, others: &[&Self]) -> Result<Self, Box<dyn Error>> {
        let mut running = Running::start(service.name(), others.iter().map(|other| (other.service.address().0, &*other.url)))?;
        let (url, metrics) = (running.next_line().await?, running.next_line().await?);
        Ok(Self { running, service, url, metrics })
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
}

pub(crate) async fn drive() -> Result<(), Box<dyn Error>> {
    let api1 = Started::start(Service::Api1, &[]).await?;
    let api2 = Started::start(Service::Api2, &[]).await?;
    let server = Started::start(Service::Server, &[&api1, &api2]).await?;

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
        logs.extend(service.running.end().await?);
    }
    for line in logs.iter().chain(&metrics) {
        println!("{line}");
    }
    Ok(())
}
