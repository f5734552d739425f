//! The servers that the services need, for as long as the example runs.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use otel_runtime::context;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A NATS server and a Redis server on the loopback interface, with a folder that is theirs.
pub(crate) struct Servers {
    pub(crate) nats: String,
    pub(crate) redis: String,
    /// They end when they are dropped.
    _processes: [Child; 2],
    _folder: TempDir,
}

/// A program of this machine.
fn found(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Where users that are not root have no path to.
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|program| program.is_file())
}

impl Servers {
    /// Starts them; `None` if they are not installed.
    pub(crate) async fn start() -> Result<Option<Self>, Box<dyn Error>> {
        let (Some(nats), Some(redis)) = (found("nats-server"), found("redis-server")) else { return Ok(None) };
        let folder = tempfile::tempdir()?;
        let (nats, address) = start_nats(&nats).await?;
        let (redis, url) = start_redis(&redis, folder.path()).await?;
        Ok(Some(Self { nats: address, redis: url, _processes: [nats, redis], _folder: folder }))
    }
}

/// On any port that is free, which it says itself.
async fn start_nats(program: &Path) -> Result<(Child, String), Box<dyn Error>> {
    let mut command = Command::new(program);
    command.args(["--addr", "127.0.0.1", "--port", "-1"]).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn()?;
    let line = wait_for_line(process.stderr.take(), "Listening for client connections on ").await?;
    let address = line.rsplit(' ').next().unwrap_or_default().to_owned();
    Ok((process, address))
}

/// On a socket of Unix, so that nobody else has its port.
async fn start_redis(program: &Path, folder: &Path) -> Result<(Child, String), Box<dyn Error>> {
    let socket = folder.join("redis.sock");
    let mut command = Command::new(program);
    command.args(["--port", "0", "--save", "", "--unixsocket"]).arg(&socket).arg("--dir").arg(folder);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    wait_for_line(process.stdout.take(), "ready to accept connections").await?;
    Ok((process, format!("redis+unix://{}", socket.display())))
}

/// Waits until a server says something, and goes on to read what it says, so that it can go on to say it.
async fn wait_for_line(output: Option<impl AsyncRead + Unpin + Send + 'static>, part: &'static str) -> Result<String, Box<dyn Error>> {
    let mut lines = BufReader::new(output.ok_or("a server has no output")?).lines();
    let line = timeout(Duration::from_secs(30), async {
        while let Some(line) = lines.next_line().await? {
            if line.contains(part) {
                return Ok(line);
            }
        }
        Err(std::io::Error::other("a server has ended at its start"))
    });
    let line = line.await??;
    context::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(line)
}
