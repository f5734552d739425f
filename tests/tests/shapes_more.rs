//! Tests under the attribute, functions that a macro makes, and what the attribute does to futures: whether they can be sent, how large they are, when things are dropped.

use std::cell::RefCell;
use std::mem::size_of_val;
use std::pin::Pin;
use std::rc::Rc;

use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{AttributeKey, traced};

#[traced]
#[test]
fn a_test_below_the_attribute_runs() {
    assert!(!otel_runtime::current().is_recording());
}

#[test]
#[traced]
fn a_test_above_the_attribute_runs() -> Result<(), std::num::ParseIntError> {
    "1".parse::<u8>().map(drop)
}

#[traced]
#[tokio::test]
async fn a_test_of_tokio_below_the_attribute_runs() {
    tokio::task::yield_now().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[traced]
async fn a_test_of_tokio_above_the_attribute_runs() {
    tokio::task::yield_now().await;
}

#[traced]
#[test]
#[should_panic(expected = "as it should")]
fn a_test_that_should_panic_does() {
    panic!("as it should")
}

#[traced]
#[allow(clippy::large_types_passed_by_value)]
async fn large(bytes: [u8; 4096], mut more: Box<[u8; 4096]>) -> (usize, Box<[u8; 4096]>) {
    tokio::task::yield_now().await;
    more[0] = bytes[4095];
    (bytes.iter().map(|byte| usize::from(*byte)).sum(), more)
}

#[allow(clippy::manual_async_fn, clippy::large_types_passed_by_value, reason = "what an `async fn` without the attribute is")]
fn plain(bytes: [u8; 4096]) -> impl Future<Output = usize> {
    async move {
        tokio::task::yield_now().await;
        bytes.len()
    }
}

#[tokio::test]
async fn large_arguments_are_moved() {
    let ((sum, more), _) = Box::pin(capture_async(large([7; 4096], Box::new([1; 4096])))).await;
    assert_eq!((sum, more[0], more[1]), (7 * 4096, 7, 1));
    let (traced, plain) = (size_of_val(&large([7; 4096], Box::new([1; 4096]))), size_of_val(&plain([7; 4096])));
    assert!(traced < 3 * plain, "an async function holds its arguments twice at most: {traced} against {plain} bytes");
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn is_sync<T: Sync>(value: T) -> T {
    value
}

fn is_static<T: 'static>(value: T) -> T {
    value
}

fn is_unpin<T: Unpin>(value: T) -> T {
    value
}

#[traced(fields(text), ok(len = |len| *len), err(error.text = %|error: &String| error))]
#[otel_runtime::counted(in_flight)]
async fn can_be_sent(text: &str) -> Result<usize, String> {
    tokio::task::yield_now().await;
    Ok(text.len())
}

#[traced]
fn ready(value: u8) -> impl Future<Output = u8> + Send + Sync + Unpin + 'static {
    std::future::ready(value)
}

#[traced]
async fn cannot_be_sent(shared: Rc<u8>) -> u8 {
    tokio::task::yield_now().await;
    *shared
}

#[tokio::test]
async fn a_future_can_be_sent_if_it_could_without_the_attribute() {
    let ((), spans) = capture_async(async {
        assert_eq!(is_static(is_sync(is_send(can_be_sent("tea")))).await, Ok(3));
        assert_eq!(is_unpin(is_static(is_sync(is_send(ready(1))))).await, 1);
        assert_eq!(cannot_be_sent(Rc::new(2)).await, 2);
    })
    .await;
    assert_eq!(spans.tree(), "can_be_sent text=tea len=3\nready\ncannot_be_sent\n");
}

/// What the first versions of `#[async_trait]` made of a method: a function inside that is async, and its future in a box.
#[traced(fields(cup.size = size))]
fn pours<'life0, 'async_trait>(pot: &'life0 str, size: u8) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send + 'async_trait>>
where
    'life0: 'async_trait,
{
    async fn inner(pot: &str, size: u8) -> Result<u8, String> {
        tokio::task::yield_now().await;
        otel_runtime::current().set(AttributeKey::new("pot"), pot);
        if size < 3 { Ok(size) } else { Err("it overflows".to_owned()) }
    }
    Box::pin(inner(pot, size))
}

#[tokio::test]
async fn the_old_layout_of_async_trait_is_covered_to_the_end_of_its_future() {
    let (ends, spans) = capture_async(async { (pours("blue", 2).await, pours("red", 4).await) }).await;
    assert_eq!(ends, (Ok(2), Err("it overflows".to_owned())));
    assert_eq!(spans.tree(), "pours cup.size=2 pot=blue\npours cup.size=4 pot=red error=alloc::string::String \"it overflows\"\n");
}

#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<&'static str>>>);

struct Noted(Log, &'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.0.borrow_mut().push(self.1);
    }
}

macro_rules! order_of_drops {
    ($name:ident, $(#[$attribute:meta])?) => {
        fn $name() -> Vec<&'static str> {
            $(#[$attribute])?
            fn sync(_named: Noted, used: Noted, unnamed: Noted) {
                let local = Noted(used.0.clone(), "local");
                let _ = (&local, &used, &unnamed);
            }
            $(#[$attribute])?
            async fn asynchronous(_named: Noted, used: Noted, unnamed: Noted) {
                let local = Noted(used.0.clone(), "local");
                let _ = (&local, &used, &unnamed);
            }
            let log = Log::default();
            let noted = |name| Noted(log.clone(), name);
            sync(noted("one"), noted("two"), noted("three"));
            let mut future = std::pin::pin!(asynchronous(noted("one"), noted("two"), noted("three")));
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(future.as_mut().poll(&mut task).is_ready());
            let order = log.0.borrow().clone();
            order
        }
    };
}

order_of_drops!(without_attribute,);
order_of_drops!(with_attribute, #[traced]);

#[test]
fn everything_is_dropped_once() {
    let (mut with, mut without) = (with_attribute(), without_attribute());
    with.sort_unstable();
    without.sort_unstable();
    assert_eq!(with, without);
    let (mut recorded, _) = capture(with_attribute);
    recorded.sort_unstable();
    assert_eq!(recorded, without);
}

macro_rules! make {
    ($vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        #[traced(fields($($arg),*))]
        $vis fn $name($($arg: $ty),*) -> $ret $body
    };
    (async $name:ident, $label:literal, $value:expr, $pattern:pat, $of:ty, $lifetime:lifetime) => {
        #[traced($label, fields(value = $value))]
        async fn $name<$lifetime>($pattern: $of, text: &$lifetime str) -> &$lifetime str {
            let _ = $value;
            text
        }
    };
    (whole $item:item) => {
        #[traced]
        $item
    };
    (tokens $($tokens:tt)*) => {
        #[traced]
        $($tokens)*
    };
}

make!(
    pub(crate) fn made(one: u8, two: Option<&'static str>) -> Result<u8, Box<dyn std::error::Error>> {
        Ok(one + u8::try_from(two.map_or(0, str::len))?)
    }
);
make!(async made_later, "shop.made", 1 + 1, (_, _), (u8, u8), 'text);
make!(whole fn made_whole() -> u8 { 3 });
make!(tokens async fn made_of_tokens(n: u8) -> u8 { n });

#[tokio::test]
async fn functions_that_a_macro_makes() {
    let ((), spans) = capture_async(async {
        assert_eq!(made(1, Some("tea")).ok(), Some(4));
        assert_eq!(made_later((1, 2), "x").await, "x");
        assert_eq!(made_whole() + made_of_tokens(1).await, 4);
    })
    .await;
    assert_eq!(spans.tree(), "made one=1 two=tea\nshop.made value=2\nmade_whole\nmade_of_tokens\n");
}
