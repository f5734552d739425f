//! Child processes for tests: what they print is captured, and none outlives
//! the test that started it.

use std::{
    io::{self, Read, Write},
    process::{self, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How often a process is asked whether it has ended; the standard library
/// cannot wait for that with a timeout.
const POLL: Duration = Duration::from_millis(5);

/// How long the end of the output may come after the end of the process. It
/// comes at once, unless a process started by the child holds the pipe open.
const OUTPUT_LIMIT: Duration = Duration::from_secs(1);

/// Ticks of a hundredth of a second that this process has spent on the processor (`man 5 proc`, `/proc/pid/stat`, utime and stime), of Linux.
///
/// # Panics
///
/// If the kernel does not tell.
#[must_use]
pub fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells");
    let fields = stat.rsplit(") ").next().expect("the name is in brackets").split(' ');
    fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

/// A running child process, killed on drop.
///
/// Only the child itself is killed, not what it has started in turn.
pub struct Child {
    process: process::Child,
    name: String,
    printed: Arc<Printed>,
}

/// What a process that ended has left.
#[derive(Debug, Clone)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Child {
    /// Starts the process with no input and both outputs captured.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn spawn(command: Command) -> Self {
        Self::spawn_with_input(command, Stdio::null())
    }

    /// As [`Self::spawn`], and [`Self::say`] can tell it something.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn spawn_listening(command: Command) -> Self {
        Self::spawn_with_input(command, Stdio::piped())
    }

    /// As [`Self::spawn`], for what may not be there.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn try_spawn(command: &mut Command) -> io::Result<Self> {
        Self::try_spawn_with_input(command, Stdio::null())
    }

    #[track_caller]
    fn spawn_with_input(mut command: Command, input: Stdio) -> Self {
        Self::try_spawn_with_input(&mut command, input)
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", command.get_program().to_string_lossy()))
    }

    fn try_spawn_with_input(command: &mut Command, input: Stdio) -> io::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut process = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let printed = Arc::new(Printed::default());
        if let Some(stdout) = process.stdout.take() {
            printed.capture(stdout, |text| &mut text.stdout);
        }
        if let Some(stderr) = process.stderr.take() {
            printed.capture(stderr, |text| &mut text.stderr);
        }
        Ok(Self { process, name, printed })
    }

    /// Writes a line to the input of a process that was started to listen.
    ///
    /// # Panics
    ///
    /// If it does not listen, or has ended.
    #[track_caller]
    pub fn say(&mut self, line: &str) {
        let input = self.process.stdin.as_mut().unwrap_or_else(|| panic!("{} does not listen", self.name));
        writeln!(input, "{line}").unwrap_or_else(|error| panic!("{} cannot be told {line:?}: {error}", self.name));
    }

    /// Ends the input of a process that was started to listen.
    pub fn end_input(&mut self) {
        drop(self.process.stdin.take());
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.try_wait().is_none()
    }

    /// What it has printed to its standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.printed.text().stdout.read()
    }

    /// What it has printed to its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.printed.text().stderr.read()
    }

    /// Waits for it to end.
    ///
    /// # Panics
    ///
    /// If it has not ended within `timeout`; it is killed then, and the panic
    /// shows what it has printed.
    #[must_use]
    #[track_caller]
    pub fn wait_with_timeout(mut self, timeout: Duration) -> Output {
        let deadline = Instant::now() + timeout;
        let status = loop {
            if let Some(status) = self.try_wait() {
                break status;
            }
            if Instant::now() >= deadline {
                self.kill();
                panic!("{} ran longer than {timeout:?}{}", self.name, self.report());
            }
            thread::sleep(POLL);
        };
        self.printed.wait_for_end();
        Output { status, stdout: self.stdout(), stderr: self.stderr() }
    }

    /// Waits until it has printed a whole line that contains `part`, to either
    /// output, and returns the first such line.
    ///
    /// # Panics
    ///
    /// If no such line comes within `timeout`, or before the process ends.
    #[allow(clippy::must_use_candidate, reason = "many tests only wait")]
    #[track_caller]
    pub fn wait_for_line(&self, part: &str, timeout: Duration) -> String {
        let wanted = |text: &Text| text.line(part).is_some();
        let found = self.printed.wait(timeout, wanted).line(part);
        found.unwrap_or_else(|| {
            let (name, report) = (&self.name, self.report());
            panic!("{name} has not printed {part:?} within {timeout:?}{report}")
        })
    }

    /// Ends it by force and waits until it is gone.
    pub fn kill(&mut self) {
        // Fails only for a process that has ended, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.printed.wait_for_end();
    }

    fn try_wait(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("a process that this one started can be waited for")
    }

    fn report(&self) -> String {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        format!("\n--- stdout:\n{stdout}\n--- stderr:\n{stderr}")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a process prints, filled by one thread for each output. The threads
/// end with the output that they read.
#[derive(Default)]
struct Printed {
    text: Mutex<Text>,
    changed: Condvar,
}

#[derive(Default)]
struct Text {
    stdout: Stream,
    stderr: Stream,
}

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    open: bool,
}

impl Printed {
    fn capture(self: &Arc<Self>, mut pipe: impl Read + Send + 'static, stream: fn(&mut Text) -> &mut Stream) {
        stream(&mut self.text()).open = true;
        let printed = Arc::clone(self);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            loop {
                // An error is as good as the end: there is no more to read.
                let length = pipe.read(&mut chunk).unwrap_or(0);
                let mut text = printed.text();
                let stream = stream(&mut text);
                stream.bytes.extend(&chunk[..length]);
                stream.open = length > 0;
                printed.changed.notify_all();
                if length == 0 {
                    return;
                }
            }
        });
    }

    /// Waits until the process that has ended has no more output to be read.
    fn wait_for_end(&self) {
        drop(self.wait(OUTPUT_LIMIT, |_| false));
    }

    /// Waits until `done` or both outputs are closed, but not for longer than
    /// the timeout.
    fn wait(&self, timeout: Duration, done: impl Fn(&Text) -> bool) -> MutexGuard<'_, Text> {
        let more = |text: &mut Text| !done(text) && (text.stdout.open || text.stderr.open);
        let (text, _) = self.changed.wait_timeout_while(self.text(), timeout, more).unwrap_or_else(PoisonError::into_inner);
        text
    }

    fn text(&self) -> MutexGuard<'_, Text> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Text {
    fn line(&self, part: &str) -> Option<String> {
        self.stdout.line(part).or_else(|| self.stderr.line(part))
    }
}

impl Stream {
    fn read(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The first whole line with `part` in it. The last line is whole without
    /// a line break too, once nothing can follow.
    fn line(&self, part: &str) -> Option<String> {
        let text = self.read();
        let whole = if self.open { text.rfind('\n').map_or("", |end| &text[..end]) } else { &text };
        let line = whole.lines().find(|line| line.contains(part))?;
        Some(line.to_owned())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Child::spawn(command)
    }

    /// The message of the panic that `action` ends in.
    fn panic_of<T>(action: impl FnOnce() -> T) -> String {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(action));
        let Err(payload) = result else {
            panic!("no panic");
        };
        *payload.downcast().expect("the message is formatted")
    }

    #[test]
    fn output_and_status_are_captured() {
        let output = shell("echo out; echo err >&2; exit 3").wait_with_timeout(LONG);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout, "out\n");
        assert_eq!(output.stderr, "err\n");
    }

    #[test]
    fn a_line_is_waited_for_while_the_process_runs() {
        let mut child = shell("echo one; printf 'two and'; sleep 0.1; echo ' more'; exec sleep 60");
        assert_eq!(child.wait_for_line("two", LONG), "two and more");
        assert!(child.is_running());
        child.kill();
        assert!(!child.is_running());
        assert_eq!(child.stdout(), "one\ntwo and more\n");
    }

    #[test]
    fn a_line_that_cannot_come_any_more_is_not_waited_for() {
        let child = shell("printf unfinished");
        assert_eq!(child.wait_for_line("unf", LONG), "unfinished");
        let message = panic_of(|| child.wait_for_line("other", LONG));
        assert!(message.contains("unfinished"), "{message}");
    }

    #[test]
    fn a_timeout_kills_the_process_and_shows_its_output() {
        let child = shell("echo started; exec sleep 60");
        child.wait_for_line("started", LONG);
        let id = child.id();
        let message = panic_of(|| child.wait_with_timeout(Duration::from_millis(20)));
        assert!(message.contains("started"), "{message}");
        assert!(!alive(id));
    }

    #[test]
    fn a_drop_kills_the_process() {
        let child = shell("exec sleep 60");
        let id = child.id();
        assert!(alive(id));
        drop(child);
        assert!(!alive(id));
    }

    fn alive(id: u32) -> bool {
        let mut probe = Command::new("kill");
        probe.args(["-0", &id.to_string()]);
        Child::spawn(probe).wait_with_timeout(LONG).status.success()
    }
}
