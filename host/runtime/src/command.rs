//! Programs without a registration: a `main`, run once in the sandbox of a task.
//!
//! A [`Program`] is a component of the world `wasi:cli/command`, of WASI 0.2 or 0.3, or a core module for the first
//! preview of WASI, which is given the adapter that makes a component of it. It has what its [`Invocation`] says:
//! arguments, environment, directories, network, streams. It has the limits of a task, the meter, the receipt and the
//! kill; nothing is registered and nothing is kept. A program of WASI cannot be told that it is cancelled: after a
//! cancellation it has its grace to end by itself, and then loses its sandbox.
//!
//! ```no_run
//! use dormouse::command::{Exit, Invocation, Output, Program};
//! use dormouse::{Engine, EngineConfig, Grants, Host};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let engine = Engine::new(&EngineConfig::default())?;
//! let program = Program::compile(&engine, &std::fs::read("wc.wasm")?)?;
//! let invocation = Invocation {
//!     args: vec!["wc".to_owned(), "-l".to_owned()],
//!     grants: Grants::none().with_preopen("texts", "/texts", dormouse::Access::ReadOnly)?,
//!     stdout: Output::new(tokio::io::stdout()),
//!     ..Invocation::default()
//! };
//! let ended = program.start(Host::builder(), invocation).await?.ended().await?;
//! assert_eq!(ended.exit, Exit::Code(0));
//! # Ok(())
//! # }
//! ```

mod error;
mod pipe;
mod program;
mod running;
mod streams;

pub use error::CommandError;
pub use pipe::{Output, PIPE_BYTES};
pub use program::{ARGS_BYTES_MAX, Invocation, Program};
pub use running::{Ended, Exit, Running, Stopper};
pub use streams::Input;

pub(crate) use streams::{Streams, answer};
