//! The program of the test `lambda`: a function as AWS Lambda runs them, set up by the environment. It answers what it is sent, fails where that is `fail`, and
//! panics where it is `burn`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use otel_runtime::faas::{Trigger, lambda};
use otel_runtime::traced;

#[traced]
async fn work(text: String) -> Result<String, std::io::Error> {
    tokio::task::yield_now().await;
    assert_ne!(text, "burn", "the printer is on fire");
    if text == "fail" { Err(std::io::Error::other("as asked")) } else { Ok(text) }
}

async fn handle(event: LambdaEvent<String>) -> Result<String, Error> {
    Ok(work(event.payload).await?)
}

fn main() -> Result<(), Error> {
    let telemetry = otel_runtime::init()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_runtime::run(lambda::handler(&telemetry, service_fn(handle)).trigger(Trigger::Http)))
}
