//! A connection over which no more than some bytes a second come in.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::ledger::Ledger;

/// How often some of it comes.
const TICK: Duration = Duration::from_millis(10);

pub(super) struct Slow {
    stream: TcpStream,
    ledger: Arc<Ledger>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Slow {
    pub(super) fn new(stream: TcpStream, ledger: Arc<Ledger>) -> Self {
        Self { stream, ledger, pause: None }
    }
}

impl AsyncRead for Slow {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let bandwidth = self.ledger.bandwidth.load(Ordering::Relaxed);
        if bandwidth == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let size = usize::try_from(bandwidth / 100).unwrap_or(usize::MAX).clamp(1, 64 * 1024).min(buffer.remaining());
        let mut bytes = vec![0; size];
        let mut read = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        buffer.put_slice(read.filled());
        self.pause = Some(Box::pin(sleep(TICK)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Slow {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
