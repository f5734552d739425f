//! `mailer`: tells customers of their shipments, several at a time.

use std::error::Error;
use std::pin::pin;

use async_nats::Message;
use examples::ended;
use otel_runtime::messaging::async_nats::process_all;
use otel_runtime::redis::Traced;
use otel_runtime::traced;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, RedisError};

use crate::queue::{self, SHIPMENTS};

/// As many go into one mail.
const BATCH: usize = 3;

#[traced(fields(mail.shipment.count = shipments.len()))]
async fn mail(shipments: &[Message], counters: &mut Traced<ConnectionManager>) -> Result<u64, RedisError> {
    counters.incr("mailed", shipments.len()).await
}

pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    let mut counters = queue::redis().await?;
    let queue = queue::nats().await?;
    let mut shipments = queue.subscribe(SHIPMENTS).await?;
    queue.flush().await?;
    println!("ready");
    let mut end = pin!(ended());
    let mut batch = Vec::new();
    loop {
        let shipment = queue::next(&mut shipments, &mut end).await;
        let is_over = shipment.is_none();
        batch.extend(shipment);
        if batch.len() == BATCH || (is_over && !batch.is_empty()) {
            // Links to all that were sent, none of which is the parent.
            let mailed = process_all(&batch).template(SHIPMENTS).run(mail(&batch, &mut counters)).await?;
            println!("{mailed} were mailed");
            batch.clear();
        }
        if is_over {
            return Ok(());
        }
    }
}
