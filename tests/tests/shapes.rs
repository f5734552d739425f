//! Shapes of functions that `traced.rs` does not have: each compiles under the attribute, runs as it would without, and records a span.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::future::pending;
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};

use otel_runtime::testing::{capture, capture_async};
use otel_runtime::traced;

/// The names of the spans that a call records, in the order in which they started.
fn names<T>(call: impl FnOnce() -> T) -> String {
    let (_, spans) = capture(call);
    spans.tree().lines().map(|line| line.trim_start().to_owned()).collect::<Vec<_>>().join(" ")
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[traced]
fn never(message: &str) -> ! {
    panic!("{message}")
}

#[traced]
async fn never_ends() -> ! {
    loop {
        pending::<()>().await;
    }
}

#[traced]
fn ends_the_process_or(code: Option<i32>) -> u8 {
    let Some(code) = code else { never("no code") };
    u8::try_from(code).unwrap_or_else(|_| never("too large"))
}

#[test]
fn functions_that_never_return() {
    assert_eq!(names(|| catch_unwind(|| never("for ever")).expect_err("it panics")), "never error=panic \"for ever\"");
    assert_eq!(names(|| ends_the_process_or(Some(3))), "ends_the_process_or");
    let polled = || pin!(never_ends()).as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending();
    assert_eq!(names(|| assert!(polled())), "never_ends cancelled");
}

#[traced(fields(first = unsafe { *pointer }))]
#[allow(unsafe_code)]
unsafe fn reads(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[traced]
#[allow(unsafe_code)]
async unsafe fn reads_later(value: &u8) -> u8 {
    let pointer = std::ptr::from_ref(value);
    unsafe { reads(pointer) }
}

#[traced]
extern "C" fn for_c(value: i32) -> i32 {
    value + 1
}

#[traced]
pub(crate) extern "system" fn for_the_system(value: i32) -> i32 {
    value + 1
}

#[tokio::test]
#[allow(unsafe_code)]
async fn unsafe_functions_and_those_of_another_abi() {
    let callback: extern "C" fn(i32) -> i32 = for_c;
    let (sum, spans) = capture_async(async {
        // SAFETY: the reference is valid.
        callback(1) + for_the_system(2) + i32::from(unsafe { reads_later(&3).await })
    })
    .await;
    assert_eq!(sum, 8);
    assert_eq!(spans.tree(), "for_c\nfor_the_system\nreads_later\n  reads first=3\n");
}

struct Cup {
    level: u8,
    owner: String,
}

impl Cup {
    #[traced]
    fn into_owner(self: Box<Self>) -> String {
        self.owner
    }

    #[traced(fields(level = self.level))]
    fn shared(self: Rc<Self>) -> usize {
        Rc::strong_count(&self)
    }

    #[traced]
    fn pinned(mut self: Pin<&mut Self>, by: u8) -> &mut u8 {
        self.level -= by;
        &mut self.get_mut().level
    }

    #[traced]
    async fn drains(mut self) -> u8 {
        while self.level > 0 {
            tokio::task::yield_now().await;
            self.level -= 1;
        }
        self.level
    }

    #[traced]
    async fn borrowed<'a>(self: &'a Arc<Self>, other: &'a str, longer: bool) -> &'a str {
        tokio::task::yield_now().await;
        if longer && other.len() > self.owner.len() { other } else { &self.owner }
    }

    #[traced]
    fn owner(&self) -> &str {
        &self.owner
    }

    #[traced]
    fn parts(&mut self) -> (&mut u8, &str) {
        (&mut self.level, &self.owner)
    }
}

fn cup() -> Cup {
    Cup { level: 3, owner: "jo".to_owned() }
}

#[tokio::test]
async fn methods_with_every_other_self() {
    let ((), spans) = capture_async(async {
        assert_eq!(Box::new(cup()).into_owner(), "jo");
        assert_eq!(Rc::new(cup()).shared(), 1);
        let mut level = cup();
        *Pin::new(&mut level).pinned(1) += 3;
        *level.parts().0 -= 1;
        assert_eq!((level.level, level.owner()), (4, "jo"));
        assert_eq!(is_send(level.drains()).await, 0);
        assert_eq!(Arc::new(cup()).borrowed("joanna", true).await, "joanna");
    })
    .await;
    let lines = ["into_owner", "shared level=3", "pinned", "parts", "owner", "drains", "borrowed"];
    assert_eq!(spans.tree().lines().collect::<Vec<_>>(), lines);
}

#[derive(Clone, Copy)]
struct Point<T>(T, T);

#[traced(fields(x, y, first, a, b = *b, name, rest = rest.len(), deep, whole = whole.0))]
#[allow(clippy::too_many_arguments, clippy::trivially_copy_pass_by_ref)]
fn destructures(
    Point(x, y): Point<i32>,
    [first, .., _]: [u8; 3],
    &(a, ref b): &(u8, u8),
    Cup { owner: name, .. }: Cup,
    (&(mut deep), _): (&u8, u8),
    whole @ Point(..): Point<u8>,
    rest: &[u8],
    _: u8,
    _unused: u8,
    mut counter: u8,
) -> (i32, u8) {
    counter += first + a + b + whole.1;
    deep += counter;
    (x + y, deep + u8::try_from(name.len() + rest.len()).unwrap_or(0))
}

#[traced(fields(r#type = r#type, r#fn))]
async fn destructures_later(Point(mut x, _): Point<u8>, r#type: u8, r#fn: u8, [.., last]: &[u8; 2]) -> u8 {
    x += 1;
    tokio::task::yield_now().await;
    x + r#type + r#fn + last
}

#[tokio::test]
async fn arguments_are_taken_apart_as_they_are_written() {
    let ((), spans) = capture_async(async {
        let returned = destructures(Point(1, 2), [3, 4, 5], &(6, 7), cup(), (&8, 9), Point(10, 11), &[12], 13, 14, 15);
        assert_eq!(returned, (3, 8 + 15 + 3 + 6 + 7 + 11 + 2 + 1));
        assert_eq!(destructures_later(Point(1, 0), 2, 3, &[4, 5]).await, 12);
    })
    .await;
    let tree = "destructures x=1 y=2 first=3 a=6 b=7 name=jo rest=1 deep=8 whole=10\ndestructures_later type=2 fn=3\n";
    assert_eq!(spans.tree(), tree);
}

#[traced]
fn outer(count: u8) -> u8 {
    use std::num::NonZeroU8;
    const STEP: u8 = 1;
    struct Step(NonZeroU8);
    impl Step {
        #[traced]
        fn get(&self) -> u8 {
            self.0.get()
        }
    }
    #[traced]
    fn inner(count: u8) -> u8 {
        if count == 0 { 0 } else { STEP + inner(count - 1) }
    }
    let captured = RefCell::new(inner(count));
    let mut add = |more: u8| *captured.borrow_mut() += more;
    (0..count).for_each(&mut add);
    NonZeroU8::new(9).map(Step).map_or(0, |step| step.get()) + captured.into_inner()
}

#[traced(fields(n))]
fn hands_back(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { if n == 0 { 0 } else { n + hands_back(n - 1).await } })
}

#[traced(fields(n))]
async fn recursive(n: u64) -> u64 {
    if n == 0 { 0 } else { n + Box::pin(recursive(n - 1)).await }
}

#[tokio::test]
async fn functions_in_functions_and_functions_that_call_themselves() {
    assert_eq!(names(|| assert_eq!(outer(2), 12)), "outer inner inner inner get");
    let (sum, spans) = capture_async(async { recursive(2).await + hands_back(1).await }).await;
    assert_eq!(sum, 4);
    assert_eq!(spans.tree(), "recursive n=2\n  recursive n=1\n    recursive n=0\nhands_back n=1\n  hands_back n=0\n");
}

trait Store<K: Display, V> {
    type Error;
    fn put(&mut self, key: K, value: V) -> Result<Option<V>, Self::Error>;

    #[traced(fields(key = %key))]
    fn put_all<I>(&mut self, key: K, values: I) -> Result<usize, Self::Error>
    where
        I: IntoIterator<Item = V>,
        K: Clone,
    {
        let mut count = 0;
        for value in values {
            self.put(key.clone(), value)?;
            count += 1;
        }
        Ok(count)
    }

    #[traced]
    fn later(&self, key: K) -> impl Future<Output = K> + Send
    where
        K: Send,
    {
        async { key }
    }
}

impl<T: Debug> Store<&str, T> for Vec<T> {
    type Error = std::fmt::Error;

    #[traced(fields(key, value = ?value))]
    fn put(&mut self, key: &str, value: T) -> Result<Option<T>, Self::Error> {
        self.push(value);
        if key.is_empty() { Err(std::fmt::Error) } else { Ok(None) }
    }
}

#[tokio::test]
async fn methods_of_generic_traits() {
    let ((), spans) = capture_async(async {
        let mut store = Vec::new();
        assert_eq!(store.put_all("tea", [1, 2]), Ok(2));
        assert_eq!(Store::<&str, u8>::later(&vec![0u8], "cup").await, "cup");
    })
    .await;
    assert_eq!(spans.tree(), "put_all key=tea\n  put key=tea value=1\n  put key=tea value=2\nlater\n");
}

#[traced(fields(text = %text))]
fn takes_opaque(text: impl Display, mut map: impl FnMut(u8) -> u8, items: &dyn Debug) -> String {
    format!("{text}{}{items:?}", map(1))
}

#[traced]
fn longest<'a, 'b: 'a, T: ?Sized + AsRef<str>>(one: &'a T, other: &'b T) -> &'a str
where
    for<'c> &'c T: Sized,
{
    if one.as_ref().len() > other.as_ref().len() { one.as_ref() } else { other.as_ref() }
}

#[traced]
async fn sorts<T: Ord + Send>(items: &mut [T]) -> Option<&mut T> {
    tokio::task::yield_now().await;
    items.sort();
    let last = items.last_mut()?;
    Some(last)
}

#[tokio::test]
async fn opaque_and_borrowed_arguments() {
    let ((), spans) = capture_async(async {
        let mut seen = 0;
        let add = |n| {
            seen += n;
            seen
        };
        assert_eq!(takes_opaque("a", add, &[1]), "a1[1]");
        assert_eq!(longest("one", "other"), "other");
        let mut items = [3, 1, 2];
        *is_send(sorts(&mut items)).await.expect("there is one") = 9;
        assert_eq!(items, [1, 2, 9]);
    })
    .await;
    assert_eq!(spans.tree(), "takes_opaque text=a\nlongest\nsorts\n");
}

/// Documented above,
#[inline]
#[must_use]
#[traced("shop.attributes")]
/// and below.
#[cfg(not(any()))]
#[cold]
#[allow(unused_variables, clippy::needless_pass_by_value)]
fn with_attributes(#[allow(unused_mut)] mut used: u8, #[cfg(any())] absent: NoSuchType, unused: String) -> u8 {
    #![allow(unused_assignments)]
    //! Documented inside.
    used = 2;
    #[cfg(any())]
    return no_such_function();
    used
}

#[traced]
#[cfg(any())]
fn left_out() -> NoSuchType {}

#[cfg_attr(all(), traced(fields(n)))]
#[cfg_attr(any(), no_such_attribute)]
async fn with_conditional_attribute(n: u8) -> u8 {
    #![allow(clippy::let_and_return)]
    let n = n + 1;
    n
}

#[tokio::test]
async fn other_attributes_stay_where_they_are() {
    let (sum, spans) = capture_async(async { with_attributes(1, String::new()) + with_conditional_attribute(2).await }).await;
    assert_eq!(sum, 5);
    assert_eq!(spans.tree(), "shop.attributes\nwith_conditional_attribute n=2\n");
}
