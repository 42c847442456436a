//! A stream of WASI 0.2's that writes to a file in an app's own folders.

use std::io;

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn_blocking};

use super::blocking;
use crate::folders::{OwnFile, Refused};
use crate::sandbox::Full;

/// As much as one call writes.
const WRITE_LEN_MAX: usize = 64 * 1024;

/// Writes one piece after the other, each on a thread that may block.
pub(super) struct Writer {
    file: OwnFile,
    /// Where the next piece goes; none: to the end.
    offset: Option<u64>,
    state: State,
    full: Full,
}

enum State {
    Ready,
    Writing(AbortOnDropJoinHandle<Result<u64, Refused>>),
    Failed(StreamError),
    Closed,
}

impl Writer {
    pub(super) const fn new(file: OwnFile, offset: Option<u64>, full: Full) -> Self {
        Self { file, offset, state: State::Ready, full }
    }

    fn wrote(&mut self, written: Result<u64, Refused>) {
        self.state = match written {
            Ok(written) => {
                self.offset = self.offset.map(|offset| offset.saturating_add(written));
                State::Ready
            }
            Err(refused) => State::Failed(self.failed(refused)),
        };
    }

    /// The error as a guest can ask WASI about it: by its number.
    fn failed(&self, refused: Refused) -> StreamError {
        match refused {
            Refused::Full(limit) => {
                self.full.tell(limit);
                StreamError::LastOperationFailed(io::Error::from(rustix::io::Errno::NOSPC).into())
            }
            Refused::Io(error) => StreamError::LastOperationFailed(error.into()),
            Refused::Code(code) => StreamError::LastOperationFailed(code.into()),
            Refused::Trap(error) => StreamError::Trap(error),
        }
    }

    /// Whether a piece is being written; what became of the last is told once.
    fn is_writing(&mut self) -> StreamResult<bool> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Ready => self.state = State::Ready,
            State::Writing(task) => {
                self.state = State::Writing(task);
                return Ok(true);
            }
            State::Failed(error) => return Err(error),
            State::Closed => return Err(StreamError::Closed),
        }
        Ok(false)
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if self.is_writing()? {
            return Err(StreamError::trap("a write was not permitted: check-write was not called first"));
        }
        let (file, offset) = (self.file.clone(), self.offset);
        if file.inline {
            self.wrote(file.write_all(&bytes, offset));
        } else {
            self.state = State::Writing(spawn_blocking(move || file.write_all(&bytes, offset)));
        }
        Ok(())
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.ready().await;
        self.is_writing()?;
        let (file, offset) = (self.file.clone(), self.offset);
        let written = blocking(file.inline, move || file.write_all(&bytes, offset)).await;
        self.wrote(written);
        self.is_writing().map(drop)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.is_writing().map(drop)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(if self.is_writing()? { 0 } else { WRITE_LEN_MAX })
    }

    async fn cancel(&mut self) {
        if let State::Writing(task) = std::mem::replace(&mut self.state, State::Closed) {
            task.cancel().await;
        }
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        if let State::Writing(task) = &mut self.state {
            let written = task.await;
            self.wrote(written);
        }
    }
}
