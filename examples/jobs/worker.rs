//! `worker`: takes one order after the other out of the queue, and what is ordered out of the stock.

use std::error::Error;
use std::fmt;
use std::pin::pin;

use examples::ended;
use otel_runtime::redis::Traced;
use otel_runtime::sqlx::Pool;
use otel_runtime::{ErrorType, traced};
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, RedisError};
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tempfile::NamedTempFile;

use crate::queue::{self, ORDERS, SHIPMENTS};

/// Why an order is not shipped. The variant is the class of the error.
#[derive(Debug, ErrorType)]
enum OrderError {
    OutOfStock,
    Stock(RedisError),
    Books(sqlx::Error),
    Queue(async_nats::PublishError),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfStock => f.write_str("nothing of that is left"),
            Self::Stock(error) => write!(f, "the stock cannot be asked: {error}"),
            Self::Books(error) => write!(f, "the books cannot be kept: {error}"),
            Self::Queue(error) => write!(f, "nobody can be told: {error}"),
        }
    }
}

struct Store {
    stock: Traced<ConnectionManager>,
    books: Pool<Sqlite>,
}

impl Store {
    #[traced(fields(order.item = item))]
    async fn ship(&self, item: &str) -> Result<(), OrderError> {
        let mut stock = self.stock.clone();
        let key = format!("stock:{item}");
        let left: i64 = stock.decr(&key, 1).await.map_err(OrderError::Stock)?;
        if left < 0 {
            let () = redis::pipe().incr(&key, 1).sadd("wanted", item).query_async(&mut stock).await.map_err(OrderError::Stock)?;
            return Err(OrderError::OutOfStock);
        }
        sqlx::query("INSERT INTO shipments (item) VALUES (?)").bind(item).execute(&self.books).await.map_err(OrderError::Books)?;
        Ok(())
    }
}

pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    let file = NamedTempFile::new()?;
    let options = SqliteConnectOptions::new().filename(file.path());
    let books = Pool::new(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?);
    sqlx::query("CREATE TABLE shipments (id INTEGER PRIMARY KEY, item TEXT NOT NULL)").execute(&books).await?;
    let mut stock = queue::redis().await?;
    let () = redis::pipe().atomic().set("stock:tea", 2).set("stock:cup", 1).query_async(&mut stock).await?;
    let store = Store { stock, books };

    let queue = queue::nats().await?;
    let mut orders = queue.queue_subscribe(ORDERS, "workers".to_owned()).await?;
    queue.flush().await?;
    println!("ready");
    let mut end = pin!(ended());
    while let Some(order) = queue::next(&mut orders, &mut end).await {
        let item = String::from_utf8_lossy(&order.payload);
        // A child of what has sent the order, and what it sends is one of its own.
        let processing = queue.process(&order).run(async {
            store.ship(&item).await?;
            queue.publish(SHIPMENTS, order.payload.clone()).await.map_err(OrderError::Queue)
        });
        if let Err(error) = processing.await {
            println!("{item}: {error}");
        }
    }
    queue.flush().await?;
    Ok(())
}
