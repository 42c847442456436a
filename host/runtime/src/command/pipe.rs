//! What a program writes, on its way out: a pipe as the operating system has them.
//!
//! So much of it waits at most; then the program does. A write is done when it is in the pipe, which outlives the
//! sandbox: what was written before an end is passed on after it. When nobody takes it any more, the program is told
//! with its next write.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dormouse_core::event::Stream;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::PollSemaphore;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::sandbox::usage::Usage;

/// How many bytes of one stream wait to be taken before the program does.
pub const PIPE_BYTES: usize = 64 * 1024;

/// Where the output of a program goes. By default nowhere.
pub struct Output(Option<Box<dyn AsyncWrite + Send + Unpin>>);

impl Output {
    /// To `writer`, which is flushed after each write and shut down after the last. A program is never told that it is a
    /// terminal: what the writer makes of the bytes is its own affair, and those of a program that nobody trusts are no
    /// text for a terminal.
    pub fn new(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self(Some(Box::new(writer)))
    }

    /// Nowhere: everything is taken, and nothing is done with it.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(None)
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::nowhere()
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Output(..)" } else { "Output(nowhere)" })
    }
}

/// The end that is written to, and the other one until somebody takes from it.
pub(super) struct Pipe {
    stream: Stream,
    room: Arc<Semaphore>,
    written: UnboundedSender<Option<Bytes>>,
    taken: Mutex<Option<UnboundedReceiver<Option<Bytes>>>>,
}

impl Pipe {
    pub(super) fn new(stream: Stream) -> Self {
        let (written, taken) = unbounded_channel();
        Self { stream, room: Arc::new(Semaphore::new(PIPE_BYTES)), written, taken: Mutex::new(Some(taken)) }
    }

    /// Nothing will be written any more.
    pub(super) fn close(&self) {
        // An error is that nobody takes any more.
        let _ = self.written.send(None);
    }

    /// Passes everything on to `output` until [`Pipe::close`]; answers what it did not take. May be called once.
    pub(super) fn pass_on(
        &self,
        output: Output,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static + use<> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        let room = Arc::clone(&self.room);
        async move {
            let (Some(mut taken), mut output) = (taken, output.0) else { return Ok(()) };
            while let Some(Some(bytes)) = taken.recv().await {
                if let Some(writer) = &mut output
                    && let Err(error) = pass(writer, &bytes).await
                {
                    room.close();
                    return Err(error);
                }
                room.add_permits(bytes.len());
            }
            match &mut output {
                Some(writer) => writer.shutdown().await,
                None => Ok(()),
            }
        }
    }

    /// The end for the sandbox, which counts for `usage`.
    pub(super) fn writer(&self, usage: Arc<Usage>) -> PipeWriter {
        PipeWriter {
            stream: self.stream,
            room: PollSemaphore::new(Arc::clone(&self.room)),
            written: self.written.clone(),
            usage,
        }
    }
}

async fn pass(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

/// One handle of the program's to one of its streams.
#[derive(Clone)]
pub(super) struct PipeWriter {
    stream: Stream,
    room: PollSemaphore,
    written: UnboundedSender<Option<Bytes>>,
    usage: Arc<Usage>,
}

impl PipeWriter {
    /// Puts `bytes` into the pipe, if there is room for all of them.
    fn put(&self, bytes: Bytes) -> bool {
        // Nothing takes no room, and would be kept all the same: as often as the program likes.
        if bytes.is_empty() {
            return !self.room.as_ref().is_closed();
        }
        let Ok(len) = u32::try_from(bytes.len()) else { return false };
        let Ok(room) = self.room.as_ref().try_acquire_many(len) else { return false };
        // Given back by whoever takes them out.
        room.forget();
        self.usage.output(self.stream).count_passed(bytes.len());
        self.written.send(Some(bytes)).is_ok()
    }
}

impl IsTerminal for PipeWriter {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for PipeWriter {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for PipeWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if self.put(bytes) {
            return Ok(());
        }
        if self.room.as_ref().is_closed() {
            return Err(StreamError::Closed);
        }
        Err(StreamError::trap("it wrote more than it was told that there is room for"))
    }

    fn flush(&mut self) -> StreamResult<()> {
        if self.room.as_ref().is_closed() { Err(StreamError::Closed) } else { Ok(()) }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if self.room.as_ref().is_closed() {
            return Err(StreamError::Closed);
        }
        Ok(self.room.available_permits())
    }
}

#[async_trait::async_trait]
impl Pollable for PipeWriter {
    async fn ready(&mut self) {
        // An error is that it is closed, which the next write says.
        let _ = self.room.as_ref().acquire().await;
    }
}

impl AsyncWrite for PipeWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            let len = bytes.len().min(this.room.available_permits());
            if bytes.is_empty() {
                return Poll::Ready(Ok(0));
            }
            if let Some(bytes) = bytes.get(..len)
                && !bytes.is_empty()
                && this.put(Bytes::copy_from_slice(bytes))
            {
                return Poll::Ready(Ok(len));
            }
            // Some room, or none ever again.
            match ready!(this.room.poll_acquire(cx)) {
                Some(room) => drop(room),
                None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_not_kept_however_often_it_is_written() {
        let pipe = Pipe::new(Stream::Stdout);
        let mut writer = pipe.writer(Usage::new(0)).p2_stream();
        writer.write(Bytes::from(vec![0; PIPE_BYTES])).expect("there is room");
        for _ in 0..1000 {
            writer.write(Bytes::new()).expect("there is always room for nothing");
        }
        let taken = pipe.taken.lock().expect("no panic under the lock").take();
        assert_eq!(taken.expect("nobody took it").len(), 1);
        pipe.room.close();
        assert!(writer.write(Bytes::new()).is_err(), "nobody takes anything any more");
    }
}
