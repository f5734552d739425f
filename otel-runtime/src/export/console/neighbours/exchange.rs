//! What two neighbours say to each other, from both sides.
//!
//! ```text
//! owner                                    taker
//!   trace id (16 bytes), span id (8) ────▶
//!                                    ◀──── NO, TRACE or PARENT
//!   length (4), a tree               ────▶
//!                                    ◀──── TAKEN
//! ```
//!
//! Whoever does not like what he hears hangs up.

use std::io::{self, Read};
use std::net::Shutdown;
use std::time::Duration;

use opentelemetry::trace::{SpanId, TraceId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::Console;
use super::super::assembly::join::{Relation, Sought};
use super::place::Place;
use super::wire;

/// How long an answer may take. One that does not come in time, because a
/// neighbour is stopped, delays a tree by this, and not the program.
const ANSWER: Duration = Duration::from_millis(500);
/// How long the taking may take.
const TAKING: Duration = Duration::from_secs(1);

const NO: u8 = 0;
const TRACE: u8 = 1;
const PARENT: u8 = 2;
const TAKEN: u8 = 3;

/// The neighbours that would take a tree: the first that has its parent, or all
/// that have something of its trace.
pub(super) async fn takers(place: &Place, sought: Sought) -> Vec<UnixStream> {
    let mut asked = ask_all(place, sought).await;
    let mut knowing = Vec::new();
    while let Some((relation, stream)) = next(&mut asked).await {
        match relation {
            Relation::Parent => return vec![stream],
            Relation::Trace => knowing.push(stream),
            Relation::None => {}
        }
    }
    knowing
}

/// Whether a neighbour has something of a trace.
pub(super) async fn is_known(place: &Place, trace: TraceId) -> bool {
    let mut asked = ask_all(place, Sought { trace, parent: SpanId::INVALID }).await;
    while let Some((relation, _)) = next(&mut asked).await {
        if relation != Relation::None {
            return true;
        }
    }
    false
}

type Asked = JoinSet<Option<(Relation, UnixStream)>>;

async fn ask_all(place: &Place, sought: Sought) -> Asked {
    let mut asked = JoinSet::new();
    for neighbour in place.neighbours() {
        if let Some(stream) = place.connect(&neighbour).await {
            asked.spawn(async move { timeout(ANSWER, ask(stream, sought)).await.ok()?.ok() });
        }
    }
    asked
}

/// The next answer, of those that come in time.
async fn next(asked: &mut Asked) -> Option<(Relation, UnixStream)> {
    loop {
        if let Ok(Some(answer)) = asked.join_next().await? {
            return Some(answer);
        }
    }
}

async fn ask(mut stream: UnixStream, sought: Sought) -> io::Result<(Relation, UnixStream)> {
    stream.write_all(&sought.trace.to_bytes()).await?;
    stream.write_all(&sought.parent.to_bytes()).await?;
    let relation = match stream.read_u8().await? {
        PARENT => Relation::Parent,
        TRACE => Relation::Trace,
        _ => Relation::None,
    };
    Ok((relation, stream))
}

/// Whether a neighbour has taken a tree.
pub(super) async fn give(mut stream: UnixStream, gift: &[u8]) -> bool {
    let Ok(length) = u32::try_from(gift.len()) else { return false };
    let exchange = async {
        stream.write_u32(length).await?;
        stream.write_all(gift).await?;
        stream.read_u8().await
    };
    match timeout(TAKING, exchange).await {
        Ok(answer) => answer.is_ok_and(|answer| answer == TAKEN),
        Err(_) => stream.into_std().is_ok_and(|stream| was_taken_before_the_end(&stream)),
    }
}

/// Ends a connection on which an answer is waited for no longer.
///
/// From here on the neighbour cannot say that it took the tree, and so does not
/// take it. What it has said before is still to be read.
fn was_taken_before_the_end(mut stream: &std::os::unix::net::UnixStream) -> bool {
    let mut answer = [NO];
    let ended = stream.shutdown(Shutdown::Both);
    ended.is_ok() && stream.read(&mut answer).is_ok() && answer == [TAKEN]
}

/// Answers a neighbour, and takes what it gives. What is returned is the number
/// of a kept tree which that completes.
pub(super) async fn receive(console: &Console, mut stream: UnixStream) -> io::Result<Option<u64>> {
    let (mut trace, mut parent) = ([0; 16], [0; 8]);
    stream.read_exact(&mut trace).await?;
    stream.read_exact(&mut parent).await?;
    let sought = Sought { trace: TraceId::from_bytes(trace), parent: SpanId::from_bytes(parent) };
    let relation = console.assembly().relation(sought);
    let answer = match relation {
        Relation::None => NO,
        Relation::Trace => TRACE,
        Relation::Parent => PARENT,
    };
    stream.write_all(&[answer]).await?;
    if relation == Relation::None {
        return Ok(None);
    }
    let length = stream.read_u32().await? as usize;
    if length > wire::LIMIT {
        return Ok(None);
    }
    let mut gift = Vec::new();
    // Room is made for what has come, and not for what is announced.
    (&mut stream).take(length as u64).read_to_end(&mut gift).await?;
    let Some(rows) = wire::decode(&gift, sought.trace).filter(|_| gift.len() == length) else { return Ok(None) };
    stream.writable().await?;
    // To say so and to do it is one, so that no span is printed by both or by none: an owner that has hung up cannot be told.
    let taken = console.assembly().join(sought, rows, || stream.try_write(&[TAKEN]).is_ok_and(|written| written == 1));
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::{NO, TAKEN, was_taken_before_the_end};

    #[test]
    fn what_was_said_before_the_end_counts_and_nothing_can_be_said_after() {
        for (said, taken) in [(Some(TAKEN), true), (Some(NO), false), (None, false)] {
            let (owner, mut taker) = UnixStream::pair().expect("there are sockets");
            owner.set_nonblocking(true).expect("it need not block");
            if let Some(answer) = said {
                taker.write_all(&[answer]).expect("the owner is there");
            }
            assert_eq!(was_taken_before_the_end(&owner), taken);
            assert!(taker.write_all(&[TAKEN]).is_err());
        }
    }
}
