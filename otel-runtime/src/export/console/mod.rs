//! The console exporter: telemetry for the person in front of the terminal.
//!
//! * [`ConsoleSpans`] prints every finished trace as an indented waterfall,
//! * [`ConsoleMetrics`] prints one line per data point,
//! * [`ConsoleLogs`] prints one line per log record.
//!
//! All three hang off one [`Console`], which owns the writer. Whatever belongs
//! together (a tree, an export, a record) is rendered first and then handed to
//! the writer in a single `write_all`, so output of parallel threads never
//! mixes. The spans of all providers that share a `Console` meet in one
//! [`Assembly`]: services that live in one process join
//! into one tree by their trace id. Those of other processes do so by way of
//! their [`Neighbours`], who print to the same standard error.
//!
//! ```text
//!                    other processes ◀─▶ neighbours
//!                                         ▲      │
//!                                         │ kept │
//!                                         │      ▼
//! recorder ─▶ ConsoleSpans ─▶ assembly ─▶ Tree ─▶ render ─┐
//! SDK ─▶ ConsoleMetrics ──────────────────────────────────┼─▶ Console ─▶ writer
//! SDK ─▶ ConsoleLogs ─────────────────────────────────────┘
//! ```
//!
//! A console must never harm the program it reports on. Hence a writer that
//! fails (a closed stderr) is told of once, a poisoned lock is used all the same,
//! what is kept in memory is bounded, and text that comes from data is escaped
//! before it reaches a terminal.

mod assembly;
mod logs;
mod metrics;
#[cfg(target_os = "linux")]
mod neighbours;
#[cfg(not(target_os = "linux"))]
#[path = "neighbours_absent.rs"]
mod neighbours;
mod render;
mod spans;
mod style;
mod text;
mod tree;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use assembly::{Assembly, Limits};
use neighbours::Neighbours;
use render::render;
use tree::{Occasion, Tree};
use writer::Writer;

pub(crate) use logs::ConsoleLogs;
pub(crate) use metrics::ConsoleMetrics;
pub(crate) use spans::ConsoleSpans;
pub(crate) use style::Style;

use crate::diagnostics::{Diagnostics, Spell};
use crate::own::{Held, IO_ERROR};

/// A cheaply cloned handle to one writer and to the traces being assembled
/// for it.
#[derive(Clone)]
pub(crate) struct Console {
    shared: Arc<Shared>,
}

struct Shared {
    style: Style,
    writer: Mutex<Writer>,
    /// Who hears that it cannot write.
    listener: OnceLock<(Diagnostics, Spell)>,
    assembly: Mutex<Assembly>,
    /// Woken when a tree that was kept has been printed or given away.
    settled: Condvar,
    neighbours: Option<Neighbours>,
    processors: AtomicU64,
}

/// How long a tree may be on its way to a neighbour, who may have it already:
/// past a deadline, since it must be known who prints it.
const HANDOVER: Duration = Duration::from_secs(2);

impl Console {
    /// A console of its own, which prints to `writer`.
    pub(crate) fn new(writer: Box<dyn Write + Send>, style: Style) -> Self {
        Self::among(None, writer, style)
    }

    fn among(neighbours: Option<Neighbours>, writer: Box<dyn Write + Send>, style: Style) -> Self {
        Self {
            shared: Arc::new(Shared {
                style,
                writer: Mutex::new(Writer::new(writer)),
                listener: OnceLock::new(),
                assembly: Mutex::new(Assembly::new(Limits::default())),
                settled: Condvar::new(),
                neighbours,
                processors: AtomicU64::new(0),
            }),
        }
    }

    /// The console of this process, on standard error.
    ///
    /// There is only one, so that services in one process join their traces;
    /// the style given first is the one it keeps.
    pub(crate) fn stderr(style: Style) -> Self {
        static STDERR: OnceLock<Console> = OnceLock::new();
        STDERR.get_or_init(|| Self::among(Neighbours::on_stderr(), Box::new(io::stderr()), style)).clone()
    }

    /// A processor for one tracer provider.
    pub(crate) fn spans(&self) -> ConsoleSpans {
        let id = self.shared.processors.fetch_add(1, Ordering::Relaxed);
        if let Some(neighbours) = &self.shared.neighbours {
            neighbours.enter(self, id);
        }
        ConsoleSpans::new(self.clone(), id)
    }

    /// An exporter for a meter provider's reader.
    pub(crate) fn metrics(&self) -> ConsoleMetrics {
        ConsoleMetrics::new(self.clone())
    }

    /// A processor for a logger provider.
    pub(crate) fn logs(&self) -> ConsoleLogs {
        ConsoleLogs::new(self.clone())
    }

    fn style(&self) -> Style {
        self.shared.style
    }

    fn assembly(&self) -> MutexGuard<'_, Assembly> {
        lock(&self.shared.assembly)
    }

    /// Changes the assembly, and sees to the trees that come of it.
    fn update(&self, change: impl FnOnce(&mut Assembly) -> Vec<Tree>) {
        let mut assembly = self.assembly();
        let trees = change(&mut assembly).into_iter();
        // Under the same lock, so that a neighbour who asks finds the spans here or there.
        let trees: Vec<_> = trees.map(|tree| self.keep(&mut assembly, tree)).collect();
        drop(assembly);
        for tree in trees {
            match tree {
                Ok(number) => self.see_off(number),
                Err(tree) => self.print_tree(&tree),
            }
        }
    }

    /// Keeps a tree that neighbours may have spans of.
    fn keep(&self, assembly: &mut Assembly, tree: Tree) -> Result<u64, Tree> {
        let sought = self.shared.neighbours.as_ref().is_some_and(Neighbours::are_sought);
        if sought && tree.may_be_joined() { assembly.keep(tree) } else { Err(tree) }
    }

    /// Leaves a kept tree to the neighbours, and prints it if there are none.
    fn see_off(&self, number: u64) {
        let neighbours = self.shared.neighbours.as_ref();
        if !neighbours.is_some_and(|neighbours| neighbours.see_off(self, number)) {
            self.print_kept(number);
        }
    }

    fn print_tree(&self, tree: &Tree) {
        if let Occasion::Late { .. } = tree.occasion {
            // It says that its parent was printed, so let that be true.
            let parents = self.assembly().kept_of(tree.trace_id);
            for number in parents {
                self.print_kept(number);
            }
        }
        let began = Instant::now();
        let failed = self.print(&render(tree, self.style())).is_err();
        let held = || tree.rows.iter().filter_map(|row| row.held.as_ref());
        if failed {
            held().for_each(Held::fail);
        }
        if let Some(first) = held().next() {
            first.operations().done(|| began.elapsed(), None, failed.then_some(IO_ERROR.into()));
        }
    }

    /// Prints a kept tree, if it is still kept.
    fn print_kept(&self, number: u64) {
        let tree = self.assembly().take_out(number);
        if let Some(tree) = tree {
            self.print_tree(&tree);
            self.let_go(number);
        }
    }

    /// A tree that was taken out is printed or given away.
    fn let_go(&self, number: u64) {
        self.assembly().let_go(number);
        self.shared.settled.notify_all();
    }

    /// A processor has ended.
    fn leave(&self, processor: u64, deadline: Instant) {
        if self.shared.neighbours.as_ref().is_some_and(|neighbours| neighbours.leave(processor, deadline)) {
            // What came meanwhile, and has nobody to wait for now.
            self.settle(Instant::now());
        }
    }

    /// Waits until all that is kept is printed or given away, and prints itself
    /// what is not at the deadline.
    fn settle(&self, deadline: Instant) {
        // Not for what comes later, or a busy program would never be done.
        let last = self.assembly().last_kept();
        self.wait_until(deadline, |assembly| assembly.is_settled(last));
        let rest = self.assembly().kept_until(last);
        for number in rest {
            self.print_kept(number);
        }
        // Whether a neighbour has the others is not known, but will soon be.
        self.wait_until(deadline.max(Instant::now() + HANDOVER), |assembly| assembly.hands_are_free(last));
    }

    fn wait_until(&self, deadline: Instant, done: impl Fn(&Assembly) -> bool) {
        let left = deadline.saturating_duration_since(Instant::now());
        drop(self.shared.settled.wait_timeout_while(self.assembly(), left, |assembly| !done(assembly)));
    }

    /// Prints `text` in one piece. A writer that fails is told of once, until
    /// it takes something again.
    fn print(&self, text: &str) -> io::Result<()> {
        let written = lock(&self.shared.writer).write(text);
        if let Some((diagnostics, spell)) = self.shared.listener.get() {
            writer::tell(diagnostics, spell, &written);
        }
        written
    }

    /// Has it told when the writer fails; the first who wants to hear is told.
    pub(crate) fn tell(&self, diagnostics: &Diagnostics) {
        let _ = self.shared.listener.set((diagnostics.clone(), Spell::default()));
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("style", &self.style()).finish_non_exhaustive()
    }
}

/// Locks, also after another thread panicked: a console with a gap is worth
/// more than a second panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
