//! The three services of the example `shop`, processes of their own, and a customer of theirs.

use std::time::Duration;

use crate::example::example;
use crate::http;
use crate::process::Child;

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(300);

/// A service, which ends when it is dropped or let go.
pub struct Service {
    process: Child,
    /// Where it is called.
    pub url: String,
}

impl Service {
    /// Starts a service with these variables, and no others of `OTEL_*`. Those of `SHOP_*` say where it finds others.
    #[must_use]
    pub fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = example("shop");
        command.args(["serve", name]).env("EXAMPLES_DRIVEN", "true").envs(variables.iter().copied());
        let process = Child::spawn_listening(command);
        let url = process.wait_for_line("http://", LONG);
        Self { process, url: url.trim().to_owned() }
    }

    /// The status and the body of what it answers.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> (u16, String) {
        let answer = http::send(method, self.url.trim_start_matches("http://"), path).expect("it answers");
        (answer.status, answer.text().to_owned())
    }

    /// Where it is scraped, if it is to be.
    #[must_use]
    pub fn metrics_address(&self) -> String {
        let line = self.process.wait_for_line("/metrics", LONG);
        line.trim().trim_start_matches("http://").trim_end_matches("/metrics").to_owned()
    }

    /// Lets it end, with everything delivered.
    ///
    /// # Panics
    ///
    /// If it ends otherwise.
    pub fn end(mut self) {
        self.process.end_input();
        let output = self.process.wait_with_timeout(LONG);
        assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
    }
}

/// All three, with the same variables.
pub struct Shop {
    /// The one that customers call, and those that it calls.
    pub services: [Service; 3],
}

impl Shop {
    /// Starts them.
    #[must_use]
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let [api1, api2] = ["api1", "api2"].map(|name| Service::start(name, variables));
        let addresses = [("SHOP_API1", api1.url.as_str()), ("SHOP_API2", api2.url.as_str())];
        let server = Service::start("server", &[variables, &addresses].concat());
        Self { services: [server, api1, api2] }
    }

    /// The status and the body of what a customer is answered.
    #[must_use]
    pub fn request(&self, method: &str, path: &str) -> (u16, String) {
        let [server, ..] = &self.services;
        server.request(method, path)
    }

    /// Lets them end, with everything delivered.
    pub fn end(self) {
        self.services.into_iter().for_each(Service::end);
    }
}
