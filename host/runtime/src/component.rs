//! Components: compiled, checked against the contract and linked once, then run any number of times.

mod contract;

use std::sync::Arc;

use dormouse_core::outcome::bounded_message;
use sha2::{Digest as _, Sha256};

use crate::bindings::v0_1::asynchronous::TaskPre;
use crate::bindings::v0_1::blocking::TaskSyncPre;
use crate::engine::Engine;
use crate::sandbox::RunState;

/// The largest component, in bytes. Interpreters compiled to wasm have some twenty MiB.
pub const COMPONENT_LEN_MAX: usize = 64 * 1024 * 1024;

/// A component that can be run. Cheap to clone.
#[derive(Clone)]
pub struct Component(Arc<Inner>);

struct Inner {
    engine: Engine,
    world: World,
    digest: Digest,
    imports: Vec<String>,
}

/// What a component exports, and so how it is called.
pub(crate) enum World {
    Task(TaskPre<RunState>),
    TaskSync(TaskSyncPre<RunState>),
}

/// The SHA-256 of a component's bytes: its name in stores and caches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// Why bytes are no component that can be run here. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// Above [`COMPONENT_LEN_MAX`].
    #[error(
        "the component has {len} bytes, above the limit of {COMPONENT_LEN_MAX}: build it in release mode and strip it"
    )]
    TooLarge {
        /// Its length.
        len: usize,
    },
    /// Not WebAssembly at all.
    #[error("this is not WebAssembly: it does not begin with `\\0asm`. Is it the right file?")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core module, not a component: build with `--target wasm32-wasip2`, or run `wasm-tools component new`"
    )]
    CoreModule,
    /// It does not validate or compile.
    #[error("the component is not valid: {reason}")]
    Invalid {
        /// What the compiler says.
        reason: String,
    },
    /// It exports no task.
    #[error(
        "the component is not a task: it exports {}, and must export `{}` or `{}`. Is its world `task` or `task-sync`?",
        contract::list(exports),
        contract::TASK,
        contract::TASK_SYNC
    )]
    NotATask {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports a task of a version of the contract that this host does not serve.
    #[error(
        "the component exports `{found}`, and this host serves version {supported} of the contract: build it with the WIT files of that version, or use a newer host"
    )]
    WrongVersion {
        /// The export.
        found: String,
        /// The version that is served.
        supported: &'static str,
    },
    /// It imports what this host does not have.
    #[error(
        "the component imports {}, which this host does not have: remove the dependency, or compose the component with one that provides it",
        contract::list(names)
    )]
    UnknownImport {
        /// The imports.
        names: Vec<String>,
    },
    /// An import or the exported task has other functions or types than the contract's.
    #[error(
        "the component does not fit the contract, although its names do: {reason}. Was it built from changed WIT files?"
    )]
    WorldMismatch {
        /// What differs.
        reason: String,
    },
}

impl Component {
    /// Compiles `bytes`, checks them against the contract and links them.
    ///
    /// Takes tens of milliseconds for a small Rust task and ten seconds for an interpreter: not on a thread that
    /// others wait for.
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the component and what to do.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, ComponentError> {
        contract::check_header(bytes)?;
        let compiled = wasmtime::component::Component::new(engine.wasmtime(), bytes)
            .map_err(|error| ComponentError::Invalid { reason: reason(&error) })?;
        let surface = contract::check_surface(engine.wasmtime(), &compiled)?;
        let mismatch = |error: wasmtime::Error| ComponentError::WorldMismatch { reason: reason(&error) };
        let pre = engine.linker().instantiate_pre(&compiled).map_err(mismatch)?;
        let world = match surface.kind {
            contract::Kind::Task => World::Task(TaskPre::new(pre).map_err(mismatch)?),
            contract::Kind::TaskSync => World::TaskSync(TaskSyncPre::new(pre).map_err(mismatch)?),
        };
        let digest = Digest(Sha256::digest(bytes).into());
        Ok(Self(Arc::new(Inner { engine: engine.clone(), world, digest, imports: surface.imports })))
    }

    /// The SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The interfaces that it imports, with their versions, in its own order.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.0.imports
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
        &self.0.engine
    }

    pub(crate) fn world(&self) -> &World {
        &self.0.world
    }

    fn imports_package(&self, prefix: &str) -> bool {
        self.0.imports.iter().any(|name| name.starts_with(prefix))
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component").field("digest", &self.0.digest).finish_non_exhaustive()
    }
}

impl Digest {
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

/// What wasmtime says, on one line and cut.
fn reason(error: &wasmtime::Error) -> String {
    bounded_message(format!("{error:#}").lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
