//! Components: compiled, checked against the contract and linked once, then run any number of times.

mod adapt;
mod cache;
mod compile;
mod contract;
mod error;
mod process;
mod protocol;
mod signatures;
mod worker;

use std::sync::Arc;

use dormouse_core::outcome::bounded_message;
use sha2::{Digest as _, Sha256};

use crate::bindings::v0_1::app::AppPre;
use crate::bindings::v0_1::asynchronous::TaskPre;
use crate::bindings::v0_1::blocking::TaskSyncPre;
use crate::command::Streams;
use crate::engine::Engine;
use crate::sandbox::RunState;

pub use cache::{CACHE_BYTES_MAX, CacheError, ComponentCache};
pub use compile::{CompileLimits, Compiler, IN_PROCESS_LEN_MAX};
pub use error::ComponentError;
pub use worker::compile_worker;

pub(crate) use adapt::REVISION as ADAPTER_REVISION;
pub(crate) use contract::Expected;

/// The largest component, in bytes. Interpreters compiled to wasm have some twenty MiB.
pub const COMPONENT_LEN_MAX: usize = 64 * 1024 * 1024;

/// A component that can be run. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    inner: Arc<Inner>,
    /// The arguments and streams of a command, for the one run that this handle is for.
    streams: Option<Arc<Streams>>,
}

struct Inner {
    engine: Engine,
    world: World,
    digest: Digest,
    imports: Vec<String>,
}

/// Native code: what wasmtime's compiler wrote. Whoever makes one answers for that.
struct Code(Vec<u8>);

/// What a component exports, and so how it is called.
pub(crate) enum World {
    Task(TaskPre<RunState>),
    TaskSync(TaskSyncPre<RunState>),
    /// A program of WASI 0.2.
    Command2(wasmtime_wasi::p2::bindings::CommandPre<RunState>),
    /// A program of WASI 0.3.
    Command3(wasmtime_wasi::p3::bindings::CommandPre<RunState>),
    /// What lives longer than one run.
    App(AppPre<RunState>),
}

/// The SHA-256 of a component's bytes: its name in stores and caches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Component {
    /// Compiles `bytes` on this thread, checks them against the contract and links them.
    ///
    /// For components that you built yourself. Nothing bounds the time and the memory that this takes: tens of
    /// milliseconds for a small Rust task, ten seconds for an interpreter, and minutes for a component that was
    /// made to take them. What comes from others goes through [`Component::load`].
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the component and what to do.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, ComponentError> {
        Self::compile_as(engine, bytes, Expected::Task)
    }

    /// As [`Component::compile`], of what is expected.
    pub(crate) fn compile_as(
        engine: &Engine,
        bytes: &[u8],
        expected: Expected,
    ) -> Result<Self, ComponentError> {
        contract::check_header(bytes, COMPONENT_LEN_MAX, expected)?;
        let invalid = |reason| ComponentError::Invalid { reason };
        let component = adapt::adapted(bytes).map_err(invalid)?;
        let compiled = wasmtime::component::Component::new(engine.wasmtime(), &component)
            .map_err(|error| invalid(reason(&error)))?;
        Self::link(engine, &compiled, Digest::of(bytes), expected)
    }

    /// As [`Component::compile_as`], or from `cache`, which keeps it.
    #[cfg(feature = "test-util")]
    pub(crate) fn compile_once(
        engine: &Engine,
        cache: &ComponentCache,
        bytes: &[u8],
        expected: Expected,
    ) -> Result<Self, ComponentError> {
        contract::check_header(bytes, COMPONENT_LEN_MAX, expected)?;
        let (digest, fingerprint) = (Digest::of(bytes), engine.fingerprint());
        if let Some(code) = cache.get(&digest, &fingerprint) {
            return Self::from_code(engine, &code, digest, expected);
        }
        let code = compile::here(engine, bytes)?;
        let component = Self::from_code(engine, &code, digest, expected)?;
        cache.put(&digest, &fingerprint, &code);
        Ok(component)
    }

    /// Takes a component from `cache`, or has it compiled by `compiler` and kept there; checks it against the
    /// contract and links it.
    ///
    /// For components of anybody. Dropping the future kills the worker that compiles. What does not compile, or
    /// does not fit the contract, leaves nothing in the cache; that the cache cannot be read or written is logged
    /// and costs a compilation.
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the component or the compiler and what to do.
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
        Self::load_as(engine, compiler, cache, bytes, Expected::Task).await
    }

    /// As [`Component::load`], of what is expected.
    pub(crate) async fn load_as(
        engine: &Engine,
        compiler: &Compiler,
        cache: Option<&ComponentCache>,
        bytes: Vec<u8>,
        expected: Expected,
    ) -> Result<Self, ComponentError> {
        contract::check_header(&bytes, compiler.len_max(), expected)?;
        let (on, keep) = (engine.clone(), cache.cloned());
        let (bytes, digest, kept) = blocking(move || {
            let digest = Digest::of(&bytes);
            let kept = keep.and_then(|cache| cache.get(&digest, &on.fingerprint()));
            (bytes, digest, kept.map(|code| Self::from_code(&on, &code, digest, expected)))
        })
        .await?;
        if let Some(component) = kept {
            return component;
        }
        let code = compiler.compile(engine, bytes).await?;
        let (on, keep) = (engine.clone(), cache.cloned());
        blocking(move || {
            let component = Self::from_code(&on, &code, digest, expected)?;
            if let Some(cache) = keep {
                cache.put(&digest, &on.fingerprint(), &code);
            }
            Ok(component)
        })
        .await?
    }

    /// A component from code that was compiled for it under `engine`'s fingerprint.
    fn from_code(
        engine: &Engine,
        code: &Code,
        digest: Digest,
        expected: Expected,
    ) -> Result<Self, ComponentError> {
        #[expect(unsafe_code, reason = "native code from another process or run can be had in no other way")]
        // SAFETY: the bytes must be what wasmtime's compiler wrote, for this version and these settings. `Code`
        // is made in three places: by this process's compiler, from the answer of a worker whose fingerprint is
        // this engine's, and from a cache file whose HMAC, over that fingerprint and all of its bytes, was
        // verified on this very buffer. The worker's program and the cache's key are the embedder's own.
        let compiled = unsafe { wasmtime::component::Component::deserialize(engine.wasmtime(), &code.0) };
        let compiled = compiled.map_err(|error| ComponentError::Invalid { reason: reason(&error) })?;
        Self::link(engine, &compiled, digest, expected)
    }

    fn link(
        engine: &Engine,
        compiled: &wasmtime::component::Component,
        digest: Digest,
        expected: Expected,
    ) -> Result<Self, ComponentError> {
        let surface = contract::check_surface(engine.wasmtime(), compiled, expected)?;
        let mismatch = |error: wasmtime::Error| ComponentError::WorldMismatch { reason: reason(&error) };
        let pre = engine.linker().instantiate_pre(compiled).map_err(mismatch)?;
        let functions = surface.kind.functions();
        if !functions.is_empty() {
            let ty = engine.linker().substituted_component_type(compiled).map_err(mismatch)?;
            signatures::check(engine.wasmtime(), &ty, functions)?;
        }
        let world = match surface.kind {
            contract::Kind::Task => World::Task(TaskPre::new(pre).map_err(mismatch)?),
            contract::Kind::TaskSync => World::TaskSync(TaskSyncPre::new(pre).map_err(mismatch)?),
            contract::Kind::App => World::App(AppPre::new(pre).map_err(mismatch)?),
            contract::Kind::Command2 => {
                World::Command2(wasmtime_wasi::p2::bindings::CommandPre::new(pre).map_err(mismatch)?)
            }
            contract::Kind::Command3 => {
                World::Command3(wasmtime_wasi::p3::bindings::CommandPre::new(pre).map_err(mismatch)?)
            }
        };
        let inner = Inner { engine: engine.clone(), world, digest, imports: surface.imports };
        Ok(Self { inner: Arc::new(inner), streams: None })
    }

    /// The same, for one run with these arguments and streams.
    pub(crate) fn with_streams(&self, streams: Arc<Streams>) -> Self {
        Self { inner: self.inner.clone(), streams: Some(streams) }
    }

    /// The SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.inner.digest
    }

    /// The interfaces that it imports, with their versions, in its own order.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.inner.imports
    }

    /// Whether it can use files at all: useful to warn of a grant that is missing, or idle.
    #[must_use]
    pub fn uses_filesystem(&self) -> bool {
        self.imports_package("wasi:filesystem/")
    }

    /// Whether it can use the network at all.
    #[must_use]
    pub fn uses_network(&self) -> bool {
        self.imports_package("wasi:sockets/") || self.imports_package("wasi:http/")
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn world(&self) -> &World {
        &self.inner.world
    }

    /// What it has of [`Component::with_streams`].
    pub(crate) fn streams(&self) -> Option<&Arc<Streams>> {
        self.streams.as_ref()
    }

    /// Whether it can wait where nobody sees it: calls of WASI 0.3 return at once, and go on in the background.
    pub(crate) fn may_wait_unseen(&self) -> bool {
        self.inner.imports.iter().any(|name| name.starts_with("wasi:") && name.contains("@0.3."))
    }

    fn imports_package(&self, prefix: &str) -> bool {
        self.inner.imports.iter().any(|name| name.starts_with(prefix))
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component").field("digest", &self.inner.digest).finish_non_exhaustive()
    }
}

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Sixty-four hexadecimal digits.
impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Runs what takes milliseconds of CPU time or waits for a disk, off the threads that others wait for.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, ComponentError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => ComponentError::Stopped,
    })
}

/// What wasmtime says, on one line and cut.
fn reason(error: &wasmtime::Error) -> String {
    one_line(&format!("{error:#}"))
}

fn one_line(text: &str) -> String {
    bounded_message(text.lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
