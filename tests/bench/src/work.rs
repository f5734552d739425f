//! What is done below every annotation.

use std::cell::RefCell;

use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

/// Next to nothing, so that all that is measured is the annotation.
#[inline(never)]
pub fn work(number: u64) -> u64 {
    number.wrapping_mul(31) ^ 7
}

/// The same, with a function for each level; the attribute may name the argument.
#[macro_export]
macro_rules! ten_deep {
    ($number:ident: #[$attribute:meta] $($name:ident $next:path),*) => {
        $(
            #[$attribute]
            #[inline(never)]
            fn $name($number: u64) -> u64 {
                $next($number)
            }
        )*
    };
}

pub async fn three_yields(number: u64) -> u64 {
    for _ in 0..3 {
        yield_now().await;
    }
    work(number)
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().build().expect("a runtime can be built"));
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.with_borrow(|runtime| runtime.block_on(future))
}
