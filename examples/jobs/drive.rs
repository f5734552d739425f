//! Starts servers and services, orders something, and lets them go.

use std::error::Error;

use examples::Running;

use crate::servers::Servers;
use crate::{NATS, REDIS};

pub(crate) async fn drive() -> Result<(), Box<dyn Error>> {
    let Some(servers) = Servers::start().await? else {
        println!("jobs needs nats-server and redis-server: on Debian and its like, `apt-get install nats-server redis-server`");
        return Ok(());
    };
    let variables = [(NATS, &*servers.nats), (REDIS, &*servers.redis)];
    let mut mailer = Running::start("mailer", variables)?;
    let mut worker = Running::start("worker", variables)?;
    for service in [&mut mailer, &mut worker] {
        service.next_line().await?;
    }
    let mut api = Running::start("api", variables)?;
    let url = api.next_line().await?;

    let client = reqwest::Client::new();
    for item in ["tea", "samovar", "cup", "tea"] {
        let answer = client.post(format!("{url}/orders/{item}")).send().await?;
        println!("{item}: {}", answer.status());
    }
    // The last of them are mailed when the others are.
    println!("{}", mailer.next_line().await?);

    for service in [api, worker, mailer] {
        for line in service.end().await? {
            println!("{line}");
        }
    }
    Ok(())
}
