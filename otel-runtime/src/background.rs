//! A thread of the runtime's own, with a runtime of its own: what runs there needs none of the user's, cannot block one, and cannot be starved by one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

use crate::thread::Silence;

/// The process that threads belong to. After a fork, the child has none of them, nothing that waits is its own, and what they had locked stays so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    /// One that this is not, as for a child.
    #[cfg(test)]
    pub(crate) const OTHER: Self = Self(0);

    pub(crate) fn this() -> Self {
        Self(std::process::id())
    }

    /// What a thread of this process may wait for; `None` in a child that was forked off while another thread had it locked: nobody is there to
    /// unlock it.
    #[inline]
    pub(crate) fn lock<T>(self, mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
            // To know the process takes a system call, so it is asked for only here.
            Err(TryLockError::WouldBlock) => (!self.is_forked()).then(|| mutex.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Whether this is a child that was forked off it.
    pub(crate) fn is_forked(self) -> bool {
        std::process::id() != self.0
    }
}

/// The thread, until this is dropped. It records nothing about itself.
#[derive(Debug)]
pub(crate) struct Background {
    handle: Handle,
    process: Process,
    stop: Arc<Notify>,
    /// Disconnected when the thread has ended.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Background {
    /// Starts the thread; `aside` is what the threads are called that do what would block it.
    pub(crate) fn start(name: &str, aside: &'static str) -> io::Result<Self> {
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (started, start) = mpsc::channel();
        let (ends, ended) = mpsc::channel::<()>();
        // The runtime is made where it lives: where this is called, there may be another, in which none can be dropped.
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ends = ends;
            let runtime = match Builder::new_current_thread().enable_all().thread_name(aside).build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            let _ = started.send(Ok(runtime.handle().clone()));
            let _silent = Context::enter_telemetry_suppressed_scope();
            runtime.block_on(stopped.notified());
            // A look-up of a name that hangs, or a callback of the user's, must not hold up the end of the program.
            runtime.shutdown_background();
        })?;
        let handle = start.recv().map_err(|_| io::Error::other("the thread ended at once"))??;
        Ok(Self { handle, process: Process::this(), stop, ended: Mutex::new(ended) })
    }

    pub(crate) fn process(&self) -> Process {
        self.process
    }

    #[cfg(test)]
    pub(crate) fn set_process(&mut self, process: Process) {
        self.process = process;
    }

    /// To run tasks on the thread until it is stopped.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drops all tasks and ends the thread; `false` if that takes longer than `limit`. A thread that something of the user's holds up is left to end
    /// when it can.
    pub(crate) fn stop(&self, limit: Duration) -> bool {
        self.stop.notify_one();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Disconnected)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if !self.process.is_forked() {
            self.stop.notify_one();
        }
    }
}

/// Runs something that may take as long as code of the user's does; `false` if it is not done at the deadline, and goes on alone.
pub(crate) fn within(deadline: Instant, run: impl FnOnce() + Send + 'static) -> bool {
    let (done, wait) = mpsc::channel();
    let thread = thread::Builder::new().name("otel-collect".to_owned()).spawn(move || {
        let _silent = Silence::enter();
        run();
        let _ = done.send(());
    });
    thread.is_ok() && wait.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}
