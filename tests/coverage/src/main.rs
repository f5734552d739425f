//! Traced functions of every shape, with lines that run and lines that do not.
//!
//! A line that ends in `// covered` must be counted when this program runs; one that ends in `// not covered` must be known
//! to the coverage map, and not counted.

use std::num::ParseIntError;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use otel_runtime::traced;

#[traced]
fn sync(count: u32) -> u32 {
    let doubled = count * 2; // covered
    if doubled > 100 {
        return 100; // not covered
    }
    doubled + 1 // covered
}

#[traced]
fn without_value(enabled: bool) {
    if enabled {
        note(); // covered
    } else {
        note(); // not covered
    }
}

#[traced(fields(text = text))]
fn fallible(text: &str) -> Result<u32, ParseIntError> {
    let number: u32 = text.parse()?; // covered
    note(); // not covered
    Ok(number) // not covered
}

#[traced]
async fn asynchronous(count: u32) -> u32 {
    let doubled = later(count * 2).await; // covered
    if doubled > 100 {
        return later(100).await; // not covered
    }
    doubled + 1 // covered
}

#[traced]
async fn asynchronous_without_value(enabled: bool) {
    if enabled {
        later(()).await; // covered
    } else {
        later(()).await; // not covered
    }
}

#[traced]
fn opaque(count: u32) -> impl Future<Output = u32> {
    let doubled = count * 2; // covered
    async move {
        if doubled > 100 {
            return later(100).await; // not covered
        }
        later(doubled).await + 1 // covered
    }
}

#[traced]
fn never_called() -> u32 {
    note(); // not covered
    1 // not covered
}

#[traced]
async fn never_called_asynchronous() -> u32 {
    later(()).await; // not covered
    1 // not covered
}

trait Ledger {
    /// As `#[async_trait]` would write it.
    fn balance<'a>(&'a self, account: &'a str) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>>;
}

struct Entries {
    total: u32,
}

impl Ledger for Entries {
    #[traced(fields(account = account))]
    fn balance<'a>(&'a self, account: &'a str) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
        Box::pin(async move {
            let total = later(self.total).await; // covered
            if account.is_empty() {
                return later(0).await; // not covered
            }
            total // covered
        })
    }
}

impl Entries {
    #[traced(fields(amount = amount))]
    fn add(&mut self, amount: u32) -> u32 {
        self.total += amount; // covered
        if self.total == 0 {
            return 1; // not covered
        }
        self.total // covered
    }

    #[traced]
    async fn add_asynchronous(&mut self, amount: u32) -> u32 {
        self.total += later(amount).await; // covered
        if self.total == 0 {
            return later(1).await; // not covered
        }
        self.total // covered
    }
}

fn note() {}

/// Not ready when first polled, so that what follows the `.await` runs in another poll than what precedes it.
async fn later<T>(value: T) -> T {
    let mut polled = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    value
}

/// Polls as often as the futures of this file can ask for.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..10 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("the future is never ready");
}

fn main() {
    assert_eq!(sync(1), 3);
    without_value(true);
    assert!(fallible("one").is_err());
    assert_eq!(block_on(asynchronous(1)), 3);
    block_on(asynchronous_without_value(true));
    assert_eq!(block_on(opaque(1)), 3);
    let mut entries = Entries { total: 1 };
    assert_eq!(block_on(entries.balance("savings")), 1);
    assert_eq!(entries.add(1), 2);
    assert_eq!(block_on(entries.add_asynchronous(1)), 3);
    if std::env::args().count() > 1 {
        never_called();
        block_on(never_called_asynchronous());
    }
}
