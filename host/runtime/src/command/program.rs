//! A program, and what one run of it is given.

use std::sync::Arc;

use dormouse_core::{AppId, LimitsRequest, MemoryStore, TaskBuilder, Trigger};

use super::{CommandError, Input, Output, Running, Streams};
use crate::app::App;
use crate::builder::HostBuilder;
use crate::component::{Compiler, Component, ComponentCache, ComponentError, Digest, Expected};
use crate::engine::Engine;
use crate::host::IfExists;
use crate::sandbox::grants::Grants;

/// The most bytes of arguments and environment, taken together, each text with the NUL that ends it.
pub const ARGS_BYTES_MAX: usize = 1024 * 1024;

/// What its host calls a command, and what of it runs.
const NAME: &str = "command";

/// A program that can be run. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Program(Component);

/// What one run of a program is given: nothing, by default.
#[derive(Debug, Default)]
pub struct Invocation {
    /// All arguments, its own name first, as programs expect it.
    pub args: Vec<String>,
    /// Directories, network, environment.
    pub grants: Grants,
    /// What it may use. Where nothing is said, the class `long`: that of a task which somebody asked for.
    pub limits: LimitsRequest,
    /// Standard input.
    pub stdin: Input,
    /// Standard output. It is passed on as it is written: a reader who is slow makes the program wait, and the limit on
    /// output that is kept says nothing of it, since none is.
    pub stdout: Output,
    /// Standard error, likewise.
    pub stderr: Output,
}

impl Program {
    /// Compiles `bytes` on this thread. For programs that you built yourself, as
    /// [`Component::compile`](crate::Component::compile).
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the program and what to do.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, ComponentError> {
        Component::compile_as(engine, bytes, Expected::Command).map(Self)
    }

    /// Takes a program from `cache`, or has it compiled by `compiler` and kept there. For programs of anybody, as
    /// [`Component::load`](crate::Component::load); what a core module needs to be a component is given to it by the
    /// compiler as well.
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the program or the compiler and what to do.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with timers and I/O.
    pub async fn load(
        engine: &Engine,
        compiler: &Compiler,
        cache: Option<&ComponentCache>,
        bytes: Vec<u8>,
    ) -> Result<Self, ComponentError> {
        Component::load_as(engine, compiler, cache, bytes, Expected::Command).await.map(Self)
    }

    /// The SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// The interfaces that it imports, with their versions, in its own order.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        self.0.imports()
    }

    /// Starts it, on a host of its own that ends with it. `host` says the host's limits, clock and observers; its
    /// store, its engine and the number of its slots are those of one command.
    ///
    /// # Errors
    ///
    /// [`CommandError`]: nothing of it has run.
    ///
    /// # Panics
    ///
    /// As [`HostBuilder::start`].
    pub async fn start(&self, host: HostBuilder, invocation: Invocation) -> Result<Running, CommandError> {
        check(&invocation)?;
        let Invocation { args, grants, limits, stdin, stdout, stderr } = invocation;
        let host = host
            .shared_store(Arc::new(MemoryStore::new()))
            .engine(self.0.engine().clone())
            .slots(1)
            .guest_threads(1)
            .retention(None)
            .keep_output(0)
            .idle()
            .start()
            .await?;
        let streams = Arc::new(Streams::new(args, stdin));
        let app = AppId::new(NAME).expect("a valid name");
        let component = self.0.with_streams(Arc::clone(&streams));
        host.install(App::new(app.clone()).entry_point(NAME, component).grants(grants))?;
        let task = TaskBuilder::new(NAME).entry_point(NAME).trigger(Trigger::Application).limits(limits);
        let registered = host.register(&app, task, IfExists::default()).await?;
        let control = &host.inner.shared.control;
        let stdout = control.spawn(streams.stdout.pass_on(stdout));
        let stderr = control.spawn(streams.stderr.pass_on(stderr));
        let fired = host.request(registered.id, Vec::new()).await?;
        Running::new(host, fired, streams, stdout, stderr)
    }
}

fn check(invocation: &Invocation) -> Result<(), CommandError> {
    if let Some(index) = invocation.args.iter().position(|arg| arg.contains('\0')) {
        return Err(CommandError::Nul { index });
    }
    let args = invocation.args.iter().map(|arg| arg.len() + 1);
    // A name, `=`, a value.
    let env = invocation.grants.env().iter().map(|(name, value)| name.len() + value.len() + 2);
    let len = args.chain(env).sum();
    if len > ARGS_BYTES_MAX { Err(CommandError::Args { len }) } else { Ok(()) }
}
