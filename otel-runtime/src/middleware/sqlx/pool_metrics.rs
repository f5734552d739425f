//! The metrics of pools (semantic conventions, "Connection pools": <https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#connection-pools>),
//! as far as sqlx lets them be seen: not how long it takes to open a connection. It knows no bounds of idle connections.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Counter, Histogram, Meter};
use opentelemetry_semantic_conventions::attribute::{DB_CLIENT_CONNECTION_POOL_NAME, DB_CLIENT_CONNECTION_STATE};

use super::PATH;
use crate::clock::Moment;
use crate::place::Place;
use crate::scope::Scope;
use crate::semconv::Metric;
use crate::semconv::db::metrics;
use crate::shared::Shared;
use crate::under::Under;

/// Pools whose names are remembered when they are gone.
const REMEMBERED: usize = 1_000;

static POOLS: Place<Instruments> = Place::new(PATH, Scope::of_crate(PATH, Some(PATH), Some(env!("CARGO_PKG_VERSION"))));

/// What a pool has at this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) idle: i64,
    pub(super) used: i64,
    pub(super) max: i64,
}

/// A pool, as its metrics see it.
pub(super) struct Observed {
    name: [KeyValue; 1],
    size: Box<dyn Fn() -> Size + Send + Sync>,
    pending: AtomicI64,
    /// Where it is observed, as an address.
    place: AtomicUsize,
}

#[derive(Debug)]
struct Instruments {
    pools: Arc<Mutex<Pools>>,
    timeouts: Counter<u64>,
    use_time: Histogram<f64>,
    wait_time: Histogram<f64>,
}

/// The pools that are observed, by name. Of those that are gone, nothing is left but a name: a sum goes down only when it is said.
type Pools = BTreeMap<String, Vec<Weak<Observed>>>;

impl Observed {
    pub(super) fn new(name: String, size: impl Fn() -> Size + Send + Sync + 'static) -> Arc<Self> {
        let name = [KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, name)];
        let observed = Self { name, size: Box::new(size), pending: AtomicI64::new(0), place: AtomicUsize::new(0) };
        let observed = Arc::new(observed);
        observed.instruments();
        observed
    }

    /// Those that serve here; they observe the pool from now on.
    fn instruments(self: &Arc<Self>) -> Option<Shared<Instruments>> {
        let placement = POOLS.placement_of_layer(false, true, Under::Current)?;
        let instruments = POOLS.instruments(&placement.pipeline, Instruments::new)?;
        let address = Arc::as_ptr(&instruments.pools).addr();
        if self.place.swap(address, Ordering::Relaxed) != address {
            instruments.observe(self);
        }
        Some(instruments)
    }

    /// Somebody waits for a connection.
    pub(super) fn wait(self: &Arc<Self>) -> Waiting {
        self.pending.fetch_add(1, Ordering::Relaxed);
        Waiting { pool: Arc::clone(self), since: Moment::now() }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Until a connection is there, or nobody waits any more.
#[derive(Debug)]
pub(super) struct Waiting {
    pool: Arc<Observed>,
    since: Moment,
}

impl Waiting {
    /// The connection is there.
    pub(super) fn end(self) -> Used {
        let now = Moment::now();
        if let Some(instruments) = self.pool.instruments() {
            instruments.wait_time.record(now.since(self.since).seconds(), &self.pool.name);
        }
        Used { pool: Arc::clone(&self.pool), since: now }
    }

    pub(super) fn time_out(self) {
        if let Some(instruments) = self.pool.instruments() {
            instruments.timeouts.add(1, &self.pool.name);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.pool.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Until a connection is given back.
#[derive(Debug)]
pub(super) struct Used {
    pool: Arc<Observed>,
    since: Moment,
}

impl Drop for Used {
    fn drop(&mut self) {
        if let Some(instruments) = self.pool.instruments() {
            instruments.use_time.record(Moment::now().since(self.since).seconds(), &self.pool.name);
        }
    }
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        let pools = Arc::<Mutex<Pools>>::default();
        let observe = |metric: Metric, observe: fn(&Totals, &dyn AsyncInstrument<i64>)| {
            let pools = Arc::clone(&pools);
            metric.observe(meter, move |instrument| totals(&pools).iter().for_each(|totals| observe(totals, instrument)));
        };
        observe(metrics::CONNECTION_COUNT, |totals, instrument| {
            for (state, count) in [("idle", totals.size.idle), ("used", totals.size.used)] {
                instrument.observe(count, &[totals.name.clone(), KeyValue::new(DB_CLIENT_CONNECTION_STATE, state)]);
            }
        });
        observe(metrics::CONNECTION_MAX, |totals, instrument| {
            instrument.observe(totals.size.max, std::slice::from_ref(&totals.name));
        });
        observe(metrics::CONNECTION_PENDING_REQUESTS, |totals, instrument| {
            instrument.observe(totals.pending, std::slice::from_ref(&totals.name));
        });
        Self {
            timeouts: metrics::CONNECTION_TIMEOUTS.counter(meter),
            use_time: metrics::CONNECTION_USE_TIME.durations(meter),
            wait_time: metrics::CONNECTION_WAIT_TIME.durations(meter),
            pools,
        }
    }

    fn observe(&self, pool: &Arc<Observed>) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if pools.len() >= REMEMBERED {
            pools.retain(|_, pools| pools.iter().any(|pool| pool.strong_count() > 0));
        }
        let of_name = pools.entry(pool.name[0].value.to_string()).or_default();
        of_name.retain(|known| known.strong_count() > 0);
        if !of_name.iter().any(|known| known.as_ptr() == Arc::as_ptr(pool)) {
            of_name.push(Arc::downgrade(pool));
        }
    }
}

/// What all pools of a name have together.
struct Totals {
    name: KeyValue,
    size: Size,
    pending: i64,
}

fn totals(pools: &Mutex<Pools>) -> Vec<Totals> {
    let pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
    let total = |(name, pools): (&String, &Vec<Weak<Observed>>)| {
        let name = KeyValue::new(DB_CLIENT_CONNECTION_POOL_NAME, name.clone());
        let mut totals = Totals { name, size: Size::default(), pending: 0 };
        for pool in pools.iter().filter_map(Weak::upgrade) {
            let size = (pool.size)();
            totals.size.idle += size.idle;
            totals.size.used += size.used;
            totals.size.max += size.max;
            totals.pending += pool.pending.load(Ordering::Relaxed);
        }
        totals
    };
    pools.iter().map(total).collect()
}
