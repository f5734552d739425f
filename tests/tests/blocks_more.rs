//! More of the attributes on whole blocks: counted and timed, with parameters, and with `#[async_trait]`.

use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::traced;
struct Meter;

#[traced(except(reads))]
#[otel_runtime::counted("shop.meter", unit = "{read}")]
#[otel_runtime::timed]
impl Meter {
    fn reads(&self) -> u8 {
        let _ = self;
        1
    }

    #[otel_runtime::counted(skip)]
    fn writes(&self) {
        let _ = self;
    }

    #[otel_runtime::timed("shop.clear.duration")]
    #[otel_runtime::counted("shop.clears", fields(hard))]
    fn clears(&self, hard: bool) {
        let _ = (self, hard);
    }
}

#[test]
fn a_block_may_be_counted_and_timed() {
    let ((), captured) = capture(|| {
        Meter.reads();
        Meter.writes();
        Meter.clears(true);
    });
    assert_eq!(captured.tree(), "Meter::writes\nMeter::clears\n");
    let calls: Vec<_> = captured.points("shop.meter").collect();
    assert_eq!(calls.len(), 1, "{}", captured.metrics());
    assert_eq!((calls[0].unit.as_str(), calls[0].attribute("function.outcome")), ("{read}", Some(&Value::from("ok"))));
    assert!(captured.points("shop.clears").any(|point| point.attribute("hard") == Some(&Value::Bool(true)) && point.unit == "{call}"));
    let timed: Vec<String> = captured.points("function.duration").map(ToString::to_string).collect();
    assert_eq!(timed.len(), 2, "{timed:?}");
    assert_eq!(captured.points("shop.clear.duration").count(), 1);
}

struct Queue;

#[otel_runtime::counted(in_flight)]
impl Queue {
    async fn waits() {
        std::future::pending::<()>().await;
    }
    #[otel_runtime::counted("shop.queue.leaves")]
    fn leaves() {}
}

#[test]
fn a_block_may_say_that_calls_under_way_are_counted() {
    let ((), captured) = capture(|| {
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::pin::pin!(Queue::waits()).as_mut().poll(&mut task).is_pending());
        Queue::leaves();
    });
    let metrics = "function.active_calls{code.function.name=blocks_more::Queue::leaves} 0\n\
                   function.active_calls{code.function.name=blocks_more::Queue::waits} 0\n\
                   function.calls{code.function.name=blocks_more::Queue::waits,function.outcome=cancelled} 1\n\
                   shop.queue.leaves{code.function.name=blocks_more::Queue::leaves,function.outcome=ok} 1\n";
    assert_eq!(captured.metrics(), metrics);
}

struct Grid<T, const N: usize>([T; N]);

#[traced]
impl<T, const N: usize> Grid<T, N>
where
    T: Copy + Into<u64>,
{
    fn sum(&self) -> u64 {
        self.0.iter().map(|item| (*item).into()).sum()
    }

    async fn last<'a, F>(&'a self, map: F) -> &'a T
    where
        F: Fn(usize) -> usize + Send,
    {
        tokio::task::yield_now().await;
        &self.0[map(N) - 1]
    }
}

#[traced]
impl Grid<u8, { 1 + 1 }> {
    #[traced(fields(size = N))]
    fn two<const N: u32>(&self) -> u8 {
        self.0[1]
    }
}

#[tokio::test]
async fn generic_blocks_keep_their_parameters_and_lose_them_in_the_name() {
    let ((), spans) = capture_async(async {
        assert_eq!(Grid([1u32, 2, 3]).sum(), 6);
        assert_eq!(*Grid([4u8, 5]).last(|size| size).await, 5);
        assert_eq!(Grid([4u8, 5]).two::<9>(), 5);
    })
    .await;
    assert_eq!(spans.tree(), "Grid::sum\nGrid::last\nGrid::two size=9\n");
}

#[async_trait::async_trait]
trait Bank: Send + Sync {
    async fn charge(&self, amount: u64) -> Result<u64, String>;
    async fn refund(&self) -> Option<u64>;
    fn name(&self) -> &str;
}

struct Over;
struct Under;

#[traced(kind = client)]
#[async_trait::async_trait]
impl Bank for Over {
    #[traced(fields(amount))]
    async fn charge(&self, amount: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        self.refund().await.ok_or_else(|| self.name().to_owned()).map(|left| left - amount)
    }
    async fn refund(&self) -> Option<u64> {
        None
    }
    fn name(&self) -> &str {
        "over"
    }
}

#[async_trait::async_trait]
#[traced(kind = client)]
impl Bank for Under {
    #[traced(fields(amount))]
    async fn charge(&self, amount: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        self.refund().await.ok_or_else(|| self.name().to_owned()).map(|left| left - amount)
    }
    async fn refund(&self) -> Option<u64> {
        None
    }
    fn name(&self) -> &str {
        "under"
    }
}

#[tokio::test]
async fn an_async_trait_block_is_the_same_over_and_under_the_attribute() {
    for (bank, name) in [(&Over as &dyn Bank, "Over"), (&Under, "Under")] {
        let (result, spans) = capture_async(async { bank.charge(3).await }).await;
        assert!(result.is_err());
        let tree = format!(
            "{name}::charge (client) amount=3 error=alloc::string::String \"{}\"\n  {name}::refund (client)\n  {name}::name (client)\n",
            name.to_lowercase()
        );
        assert_eq!(spans.tree(), tree);
    }
}

/// The runtime under another name, as a framework would re-export it.
mod framework {
    pub(crate) use otel_runtime::*;
}

struct Renamed;

#[crate::framework::traced(crate = crate::framework)]
#[crate::framework::counted]
impl Renamed {
    #[crate::framework::traced("own")]
    #[crate::framework::counted("shop.own")]
    fn has_its_own() {}

    fn has_none() {}
}

#[test]
fn attributes_of_a_renamed_runtime_fold_as_well() {
    let ((), captured) = capture(|| {
        Renamed::has_its_own();
        Renamed::has_none();
    });
    assert_eq!(captured.tree(), "own\nRenamed::has_none\n");
    assert_eq!(captured.points("shop.own").count(), 1);
    assert_eq!(captured.points("function.calls").count(), 1);
}

#[traced(only(pub), except(left_out))]
mod around {
    use otel_runtime::traced;

    pub(crate) struct Inner;

    #[otel_runtime::counted]
    impl Inner {
        pub(crate) fn public() {
            Self::private();
            Self::left_out();
            super::dynamic(&3_u8);
        }

        fn private() {}

        pub(crate) fn left_out() {}
    }

    #[traced(kind = client)]
    pub(crate) mod deeper {
        pub(crate) fn not_public_enough() {}

        pub fn public() {
            not_public_enough();
        }
    }
}

trait Shape {
    fn name(&self) -> &'static str;
}

impl Shape for u8 {
    fn name(&self) -> &'static str {
        "byte"
    }
}

#[traced]
impl dyn Shape + Send {
    fn described(&self) -> &'static str {
        self.name()
    }
}

fn dynamic(shape: &(dyn Shape + Send + 'static)) -> &'static str {
    shape.described()
}

#[test]
fn a_block_in_a_block_follows_the_selection_of_both() {
    let ((), captured) = capture(|| {
        around::Inner::public();
        around::deeper::public();
    });
    assert_eq!(captured.tree(), "Shape::described\npublic (client)\n", "`pub(crate)` is not `pub`");
    assert_eq!(captured.points("function.calls").count(), 3, "the counter has no selection of its own");
}
