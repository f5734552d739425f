//! The attributes on whole blocks: `impl`, `impl Trait for`, `trait` and `mod`.

use std::fmt::{self, Debug};

use otel_runtime::testing::{Captured, capture, capture_async};
use otel_runtime::traced;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;

fn function_name(spans: &Captured, span: &str) -> String {
    spans.one(span).attribute("code.function.name").map(ToString::to_string).unwrap_or_default()
}

struct Shop {
    stock: u32,
}

#[traced(kind = client, scope = "shop.block")]
impl Shop {
    const SHELVES: u32 = 3;

    /// A `const fn` cannot record, and is left alone.
    pub const fn new() -> Self {
        Self { stock: Self::SHELVES }
    }

    #[allow(clippy::unused_self)]
    pub async fn opens(&self) -> Result<(), fmt::Error> {
        tokio::task::yield_now().await;
        Err(fmt::Error)
    }

    #[traced("shop.sell", kind = server, fields(count), ok(left = |left| *left))]
    fn sell(&mut self, count: u32) -> Option<u32> {
        self.stock = self.stock.checked_sub(count)?;
        Some(self.stock)
    }

    #[traced(scope = "shop.own")]
    fn count(&self) -> u32 {
        self.stock
    }

    #[traced(skip)]
    fn peek(&self) -> u32 {
        self.stock
    }

    fn default_shelf() -> u32 {
        macro_rules! shelf {
            () => {
                Self::SHELVES
            };
        }
        shelf!()
    }
}

#[tokio::test]
async fn every_function_of_an_impl_is_named_after_its_type() {
    let ((), spans) = capture_async(async {
        let mut shop = Shop::new();
        shop.opens().await.expect_err("it never opens");
        assert_eq!(shop.sell(2), Some(1));
        assert_eq!((shop.count(), shop.peek(), Shop::default_shelf()), (1, 1, 3));
    })
    .await;
    let text = fmt::Error.to_string();
    let tree = format!(
        "Shop::opens (client) error=core::fmt::Error {text:?}\nshop.sell (server) count=2 left=1\n\
         Shop::count (client)\nShop::default_shelf (client)\n"
    );
    assert_eq!(spans.tree(), tree);
    assert_eq!(function_name(&spans, "Shop::count"), "blocks::Shop::count");
    assert_eq!(function_name(&spans, "shop.sell"), "blocks::Shop::sell");
}

#[test]
fn a_function_inherits_the_scope_of_its_block_or_has_its_own() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    Shop::default_shelf();
    Shop::new().count();
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    let spans = receiver.spans();
    let scopes: Vec<_> = spans.iter().map(|span| (span.name(), span.scope.name.as_str())).collect();
    assert_eq!(scopes, [("Shop::default_shelf", "shop.block"), ("Shop::count", "shop.own")]);
}

trait Visit {
    fn visits(&self) -> u8;
    fn leaves(&self) -> u8 {
        0
    }
}

#[traced]
impl Visit for Shop {
    fn visits(&self) -> u8 {
        self.leaves() + 1
    }
}

#[traced]
impl<T: Visit + ?Sized> Visit for &T {
    fn visits(&self) -> u8 {
        (**self).visits()
    }
}

#[traced]
impl Visit for [u8] {
    fn visits(&self) -> u8 {
        self.iter().sum()
    }
}

#[traced]
impl Visit for std::vec::Vec<Shop> {
    fn visits(&self) -> u8 {
        self.iter().map(Visit::visits).sum()
    }
}

#[test]
fn the_functions_of_a_trait_s_implementation_are_named_after_the_type() {
    let ((), spans) = capture(|| {
        assert_eq!(Visit::visits(&&Shop::new()), 1);
        assert_eq!([1, 2][..].visits(), 3);
        assert_eq!(Vec::<Shop>::new().visits(), 0);
    });
    assert_eq!(spans.tree(), "T::visits\n  Shop::visits\n[u8]::visits\nVec::visits\n");
    assert_eq!(function_name(&spans, "Vec::visits"), "blocks::Vec::visits");
}

#[traced]
trait Greets: Debug {
    const WORD: &'static str = "hello";
    type Guest: Debug;

    fn guest(&self) -> Self::Guest;

    fn greet(&self) -> String {
        format!("{} {:?} from {self:?}", Self::WORD, self.guest())
    }

    #[traced("shop.wave", fields(hands))]
    async fn wave(&self, hands: u8) {
        let _ = self.greet();
    }

    fn boxed(self: Box<Self>) -> Self::Guest
    where
        Self: Sized,
    {
        self.guest()
    }
}

#[derive(Debug)]
struct Door;

impl Greets for Door {
    type Guest = u8;

    fn guest(&self) -> u8 {
        7
    }
}

#[tokio::test]
async fn the_default_methods_of_a_trait_are_named_after_the_trait() {
    let ((), spans) = capture_async(async {
        Door.wave(2).await;
        assert_eq!(Box::new(Door).boxed(), 7);
    })
    .await;
    assert_eq!(spans.tree(), "shop.wave hands=2\n  Greets::greet\nGreets::boxed\n");
    assert_eq!(function_name(&spans, "shop.wave"), "blocks::Greets::wave");
}

#[traced(except(plain, r#type))]
mod rooms {
    #![allow(clippy::unused_async)]

    use super::Visit;

    pub const LIMIT: usize = 1 + 1;
    pub static NAMES: [&str; LIMIT] = ["kitchen", "cellar"];
    pub struct Room<const N: usize> {
        pub chairs: [u8; N],
    }
    pub struct Lamp {
        pub on: bool,
    }
    pub const LAMP: Lamp = Lamp { on: true };

    macro_rules! lights {
        ($($name:ident),*) => {$(
            pub fn $name() -> bool {
                LAMP.on
            }
        )*};
    }
    lights!(lamp, candle);

    pub const fn limit() -> usize {
        LIMIT
    }

    pub fn enters() -> usize {
        nested::deeper::sits();
        limit() + lamp_count()
    }

    fn lamp_count() -> usize {
        usize::from(lamp()) + usize::from(candle())
    }

    pub fn plain() {}
    pub fn r#type() {}

    #[allow(unsafe_code, dead_code)]
    unsafe extern "C" {
        fn abs(value: i32) -> i32;
    }

    impl<const N: usize> Room<{ N }> {
        pub fn sits(&self) -> usize {
            self.chairs.len()
        }
    }

    impl Visit for Room<{ LIMIT + 1 }> {
        fn visits(&self) -> u8 {
            self.chairs[0]
        }
    }

    pub trait Warms {
        fn warms(&self) -> u8 {
            1
        }
    }
    impl Warms for Lamp {}

    pub mod nested {
        pub mod deeper {
            pub fn sits() {}
            #[otel_runtime::traced(skip)]
            pub fn hides() {}
            #[otel_runtime::traced("shop.stand")]
            pub async fn stands() {}
        }
    }
}

#[tokio::test]
async fn every_function_of_a_module_and_of_the_blocks_in_it_is_meant() {
    use rooms::Warms;

    let ((), spans) = capture_async(async {
        assert_eq!((rooms::enters(), rooms::NAMES.len()), (4, rooms::limit()));
        rooms::plain();
        rooms::r#type();
        assert_eq!(rooms::Room { chairs: [1, 2] }.sits(), 2);
        assert_eq!(rooms::Room { chairs: [4, 5, 6] }.visits(), 4);
        assert_eq!(rooms::LAMP.warms(), 1);
        rooms::nested::deeper::hides();
        rooms::nested::deeper::stands().await;
    })
    .await;
    let tree = "enters\n  sits\n  lamp_count\nRoom::sits\nRoom::visits\nWarms::warms\nshop.stand\n";
    assert_eq!(spans.tree(), tree);
    assert_eq!(function_name(&spans, "sits"), "blocks::rooms::nested::deeper::sits");
    assert_eq!(function_name(&spans, "Room::sits"), "blocks::rooms::Room::sits");
}

mod chosen {
    use super::traced;

    pub struct Till;

    #[traced(only(pub), except(len))]
    impl Till {
        pub fn opens(&self) -> usize {
            self.counts() + self.len() + self.shared()
        }
        fn counts(&self) -> usize {
            let _ = self;
            1
        }
        pub(crate) fn shared(&self) -> usize {
            self.named()
        }
        pub fn len(&self) -> usize {
            let _ = self;
            2
        }
        #[traced]
        fn named(&self) -> usize {
            let _ = self;
            3
        }
    }
}

#[test]
fn a_block_may_leave_out_what_is_private_or_named() {
    let (sum, spans) = capture(|| chosen::Till.opens());
    assert_eq!(sum, 6);
    assert_eq!(spans.tree(), "Till::opens\n  Till::named\n");
}
