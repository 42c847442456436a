//! Who compiles components, and what that may cost.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{COMPONENT_LEN_MAX, Code, ComponentError, adapt, blocking, process, reason};
use crate::engine::Engine;

/// The largest component that [`Compiler::InProcess`] takes unless told otherwise, in bytes. Tasks written in Rust
/// or C have less; interpreters have more.
pub const IN_PROCESS_LEN_MAX: usize = 8 * 1024 * 1024;

/// Where components of others are compiled.
///
/// A component can be made so that compiling it takes minutes and all memory there is, and a compiler cannot be
/// interrupted: only its process can be killed. That is [`Compiler::Worker`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// Each in a process of its own, with an empty environment, that is killed at its limits. As many at once as
    /// the machine has cores; others wait their turn.
    ///
    /// It bounds time and memory. It is no second sandbox: the code that it answers is trusted as code of a
    /// compiler in this process would be.
    Worker {
        /// A program of the same build that calls [`compile_worker`](super::compile_worker), by its absolute path.
        /// `/proc/self/exe` is the embedding program itself, also when its file was replaced meanwhile.
        executable: PathBuf,
        /// What makes it call that.
        args: Vec<OsString>,
        /// What one compilation may cost.
        limits: CompileLimits,
    },
    /// In this process, where neither time nor memory can be bounded, but by the size of what is taken. For
    /// programs that cannot start others.
    InProcess {
        /// The most bytes of a component.
        len_max: usize,
    },
}

/// What the compilation of one component may cost in a [`Compiler::Worker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// The most bytes of a component.
    pub len_max: usize,
    /// Wall-clock time from the start of the worker to its end.
    pub time: Duration,
    /// Address space of the worker, in bytes.
    pub memory_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            len_max: COMPONENT_LEN_MAX,
            time: Duration::from_secs(60),
            memory_bytes: 2 * 1024 * 1024 * 1024,
        }
    }
}

impl Compiler {
    /// In this process, up to [`IN_PROCESS_LEN_MAX`].
    #[must_use]
    pub const fn in_process() -> Self {
        Self::InProcess { len_max: IN_PROCESS_LEN_MAX }
    }

    /// The most bytes of a component that it takes.
    #[must_use]
    pub const fn len_max(&self) -> usize {
        match self {
            Self::Worker { limits, .. } => limits.len_max,
            Self::InProcess { len_max } => *len_max,
        }
    }

    /// Where it compiles and within what limits, in a line for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Worker { executable, limits, .. } => format!(
                "a process for each component (`{}`), up to {}, {:?} and {} of memory",
                executable.display(),
                mebibytes(limits.len_max as u64),
                limits.time,
                mebibytes(limits.memory_bytes)
            ),
            Self::InProcess { len_max } => {
                format!(
                    "this process, up to {}, without a limit of time or memory",
                    mebibytes(*len_max as u64)
                )
            }
        }
    }

    /// The code of a component whose header was checked.
    pub(super) async fn compile(&self, engine: &Engine, bytes: Vec<u8>) -> Result<Code, ComponentError> {
        match self {
            Self::Worker { executable, args, limits } => {
                process::compile(executable, args, *limits, engine, &bytes).await
            }
            Self::InProcess { .. } => {
                let engine = engine.clone();
                blocking(move || here(&engine, &bytes)).await?
            }
        }
    }
}

/// Compiles a component whose header was checked, on this thread.
pub(super) fn here(engine: &Engine, bytes: &[u8]) -> Result<Code, ComponentError> {
    let compiled = adapt::adapted(bytes).and_then(|component| {
        engine.wasmtime().precompile_component(&component).map_err(|error| reason(&error))
    });
    compiled.map(Code).map_err(|reason| ComponentError::Invalid { reason })
}

/// Rounded to a tenth.
fn mebibytes(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match (bytes / MIB, bytes % MIB * 10 / MIB) {
        (whole, 0) => format!("{whole} MiB"),
        (whole, tenths) => format!("{whole}.{tenths} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_tells_its_limits() {
        let limits = CompileLimits { len_max: 1536 * 1024, ..CompileLimits::default() };
        let worker = Compiler::Worker { executable: "/bin/w".into(), args: Vec::new(), limits };
        assert_eq!(
            worker.describe(),
            "a process for each component (`/bin/w`), up to 1.5 MiB, 60s and 2048 MiB of memory"
        );
        assert!(Compiler::in_process().describe().starts_with("this process, up to 8 MiB, without"));
    }
}
