//! A process that sends messages, or processes one, by the broker on a port of this machine: for `tests/messaging.rs`.

use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use otel_runtime::messaging::lapin::ack;
use otel_runtime::messaging::{self, Traced};
use otel_runtime::traced;

type Done = Result<(), Box<dyn Error>>;

#[traced("messenger.ship")]
async fn ship(payload: &[u8]) -> Result<(), std::io::Error> {
    if payload == b"rotten" { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(()) }
}

/// The one line that a test waits for.
#[allow(clippy::print_stdout, reason = "that is how it is told")]
fn ready() {
    println!("ready");
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Result<S::Item, &'static str> {
    poll_fn(|polling| Pin::new(&mut *stream).poll_next(polling)).await.ok_or("the stream has ended")
}

#[traced("messenger.order")]
async fn produce_nats(port: u16) -> Done {
    let client = messaging::traced(async_nats::connect(format!("127.0.0.1:{port}")).await?).server("127.0.0.1", port);
    client.publish("orders.17", "apples".into()).await?;
    client.flush().await?;
    Ok(())
}

async fn consume_nats(port: u16) -> Done {
    let client =
        messaging::traced(async_nats::connect(format!("127.0.0.1:{port}")).await?).server("127.0.0.1", port).templates(["orders.*"]);
    let mut orders = client.subscribe("orders.*").await?;
    client.flush().await?;
    ready();
    let message = next(&mut orders).await?;
    client.process(&message).run(ship(&message.payload)).await?;
    Ok(())
}

async fn rabbitmq(port: u16) -> Result<(Connection, Traced<Channel>), lapin::Error> {
    let connection = Connection::connect(&format!("amqp://127.0.0.1:{port}/%2f"), ConnectionProperties::default()).await?;
    let channel = messaging::traced(connection.create_channel().await?).server("127.0.0.1", port);
    channel.queue_declare("orders".into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    Ok((connection, channel))
}

#[traced("messenger.order")]
async fn produce_rabbitmq(port: u16) -> Done {
    let (_connection, channel) = rabbitmq(port).await?;
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
    channel.confirm_select(lapin::options::ConfirmSelectOptions::default()).await?;
    channel.basic_publish("".into(), "orders".into(), options, b"apples", properties.with_message_id("m1".into())).await?.await?;
    Ok(())
}

async fn consume_rabbitmq(port: u16) -> Done {
    let (_connection, channel) = rabbitmq(port).await?;
    let mut orders =
        channel.basic_consume("orders".into(), "shipping".into(), BasicConsumeOptions::default(), FieldTable::default()).await?;
    ready();
    let delivery = next(&mut orders).await??;
    let shipped = async {
        ship(&delivery.data).await?;
        ack(&delivery, BasicAckOptions::default()).await.map_err(std::io::Error::other)
    };
    channel.process("orders", &delivery).run(shipped).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [broker, role, port] = arguments.as_slice() else { return Err("messenger <broker> <role> <port>".into()) };
    let port = port.parse()?;
    let telemetry = otel_runtime::init()?;
    match (broker.as_str(), role.as_str()) {
        ("nats", "produce") => produce_nats(port).await?,
        ("nats", "consume") => consume_nats(port).await?,
        ("rabbitmq", "produce") => produce_rabbitmq(port).await?,
        ("rabbitmq", "consume") => consume_rabbitmq(port).await?,
        _ => return Err("there is no such broker, or role".into()),
    }
    telemetry.shutdown()?;
    Ok(())
}
