//! Where processes meet: on the standard error they share.
//!
//! Each listens on a socket in Linux's *abstract* namespace, which no file
//! system knows and which vanishes with its process. The names of all such
//! sockets can be read, and ours say what their processes print to.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::UnixStream;

/// What the sockets of all processes are called first. The number is that of
/// the protocol: versions that do not understand each other do not meet.
const FAMILY: &str = "otel-rust-console/1";
/// All sockets of the network namespace, a line each:
/// `address: references protocol flags type state inode @name`.
const SOCKETS: &str = "/proc/net/unix";
/// The flags of a socket that listens. One that it has accepted has its name.
const LISTENS: &str = "00010000";

/// A place that processes of one user print to, and a name in it.
#[derive(Debug)]
pub(super) struct Place {
    /// The names of all sockets that belong to it begin so.
    prefix: String,
    name: String,
    user: u32,
}

impl Place {
    /// The standard error; `None` if nobody reads it.
    pub(super) fn stderr() -> Option<Self> {
        let stderr = fs::File::from(io::stderr().as_fd().try_clone_to_owned().ok()?).metadata().ok()?;
        let nowhere = stderr.file_type().is_char_device() && fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == stderr.rdev());
        if nowhere { None } else { Self::new(&format!("{}-{}", stderr.dev(), stderr.ino())) }
    }

    pub(super) fn new(name: &str) -> Option<Self> {
        // Tests have several consoles in one process.
        static LAST: AtomicU64 = AtomicU64::new(0);
        let user = fs::metadata("/proc/self").ok()?.uid();
        let prefix = format!("{FAMILY}/{user}/{name}/");
        let name = format!("{prefix}{}-{}", process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        Some(Self { prefix, name, user })
    }

    pub(super) fn listen(&self) -> io::Result<UnixListener> {
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&self.name)?)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// The names of the others.
    pub(super) fn neighbours(&self) -> Vec<String> {
        let sockets = fs::read(SOCKETS).unwrap_or_default();
        listening(&String::from_utf8_lossy(&sockets), &self.prefix).filter(|name| *name != self.name).map(str::to_owned).collect()
    }

    pub(super) async fn connect(&self, neighbour: &str) -> Option<UnixStream> {
        let stream = UnixStream::connect(format!("\0{neighbour}")).await.ok()?;
        self.is_own_user(&stream).then_some(stream)
    }

    /// Anybody can take any name, and connect to any.
    pub(super) fn is_own_user(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.user)
    }
}

/// The names of the sockets that listen, of those which begin with `prefix`.
fn listening<'a>(sockets: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    sockets.lines().filter_map(move |line| {
        let mut columns = line.split_ascii_whitespace();
        let (flags, name) = (columns.nth(3)?, columns.nth(3)?);
        name.strip_prefix('@').filter(|name| flags == LISTENS && name.starts_with(prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::{Place, listening};

    #[test]
    fn only_sockets_that_listen_there_are_neighbours() {
        let sockets = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            00000000af0d7a16: 00000002 00000000 00010000 0001 01 45 @here/7\n\
            000000009204cdcf: 00000003 00000000 00000000 0001 03 44 @here/7\n\
            000000009204cdcf: 00000003 00000000 00000000 0001 03 44\n\
            000000009204cdcf: 00000002 00000000 00010000 0001 01 46 @there/8\n\
            000000009204cdcf: 00000002 00000000 00010000 0001 01 46 here/9\n\
            garbage";
        assert_eq!(listening(sockets, "here/").collect::<Vec<_>>(), ["here/7"]);
    }

    #[test]
    fn a_place_knows_all_in_it_but_the_one_who_asks() {
        let [one, two, other] = ["a_place", "a_place", "another_place"].map(|name| Place::new(name).expect("there is a user"));
        let listeners = [&one, &two, &other].map(|place| place.listen().expect("the name is free"));
        assert_eq!((one.neighbours(), two.neighbours()), (vec![two.name.clone()], vec![one.name.clone()]));
        assert!(other.neighbours().is_empty());
        drop(listeners);
        assert!(one.neighbours().is_empty());
    }
}
