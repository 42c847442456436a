//! What one run of a program is given beside its grants, and what it answers.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dormouse_core::TaskFailure;
use dormouse_core::event::Stream;
use tokio::io::AsyncRead;
use wasmtime::Result;
use wasmtime_wasi::cli::{AsyncStdinStream, IsTerminal, StdinStream};
use wasmtime_wasi::p2::InputStream;
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

use super::pipe::Pipe;
use crate::sandbox::GuestTrap;
use crate::sandbox::usage::Usage;

/// Where the input of a program comes from. By default there is none.
pub struct Input(Box<dyn StdinStream + Sync>);

impl Input {
    /// None: it has ended before it begins.
    #[must_use]
    pub fn empty() -> Self {
        Self(Box::new(tokio::io::empty()))
    }

    /// What `reader` has. It is read as the program reads, a little ahead.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn new(reader: impl AsyncRead + Send + Sync + 'static) -> Self {
        Self(Box::new(AsyncStdinStream::new(reader)))
    }

    /// The standard input of this process. It is read when the program reads, by a thread that all such inputs share;
    /// so one program at a time should have it.
    #[must_use]
    pub fn inherited() -> Self {
        Self(Box::new(NoTerminal(tokio::io::stdin())))
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Input(..)")
    }
}

/// Whether somebody sits at this machine is not a program's business.
struct NoTerminal<T>(T);

impl<T> IsTerminal for NoTerminal<T> {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl<T: StdinStream> StdinStream for NoTerminal<T> {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        self.0.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        self.0.p2_stream()
    }
}

/// The arguments and streams of one run, and the code that it exits with.
pub(crate) struct Streams {
    args: Vec<String>,
    stdin: Mutex<Option<Input>>,
    pub(super) stdout: Pipe,
    pub(super) stderr: Pipe,
    code: OnceLock<i32>,
}

impl Streams {
    pub(super) fn new(args: Vec<String>, stdin: Input) -> Self {
        Self {
            args,
            stdin: Mutex::new(Some(stdin)),
            stdout: Pipe::new(Stream::Stdout),
            stderr: Pipe::new(Stream::Stderr),
            code: OnceLock::new(),
        }
    }

    /// Gives a sandbox what is in here.
    pub(crate) fn give(&self, wasi: &mut WasiCtxBuilder, usage: &Arc<Usage>) {
        if let Some(Input(stdin)) = self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take() {
            wasi.stdin(stdin);
        }
        wasi.args(&self.args)
            .stdout(self.stdout.writer(Arc::clone(usage)))
            .stderr(self.stderr.writer(Arc::clone(usage)));
    }

    /// What the program exited with; none if it did not.
    pub(super) fn code(&self) -> Option<i32> {
        self.code.get().copied()
    }
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("code", &self.code).finish_non_exhaustive()
    }
}

/// What became of `run`, as a task would say it. An exit is no trap here, and its code is kept in `streams`.
///
/// # Errors
///
/// It trapped.
pub(crate) fn answer(
    ran: Result<Result<(), ()>>,
    streams: Option<&Arc<Streams>>,
) -> Result<Result<(), TaskFailure>, GuestTrap> {
    let code = match ran {
        Ok(Ok(())) => 0,
        Ok(Err(())) => 1,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(code)) => *code,
            None => return Err(GuestTrap::of(&error)),
        },
    };
    if let Some(streams) = streams {
        // It exits once.
        let _ = streams.code.set(code);
    }
    Ok(match code {
        0 => Ok(()),
        code => Err(TaskFailure { message: format!("it exited with {code}"), retry_after: None }),
    })
}
