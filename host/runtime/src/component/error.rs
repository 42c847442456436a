//! What can be wrong with a component, and with compiling it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::contract;

/// Why bytes are no component that can be run here. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// Above the limit of the compiler.
    #[error(
        "the component has {len} bytes, above the limit of {limit}: build it in release mode and strip it"
    )]
    TooLarge {
        /// Its length, in bytes.
        len: usize,
        /// The most bytes that are compiled.
        limit: usize,
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
    /// It is no app.
    #[error(
        "the component is not an app: it exports {}, and must export `{}` and `{}`; `{missing}` is missing. Is its world `app`?",
        contract::list(exports),
        contract::LIFECYCLE,
        contract::TASK_EVENTS
    )]
    NotAnApp {
        /// What it does not export.
        missing: &'static str,
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports no program.
    #[error(
        "the component is not a command: it exports {}, and must export `wasi:cli/run` of WASI 0.2 or 0.3. Has it a `main`?",
        contract::list(exports)
    )]
    NotACommand {
        /// What it exports.
        exports: Vec<String>,
    },
    /// It exports a task, or an app, of a version of the contract that this host does not serve.
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
    /// An import, or what it exports as a task or an app, has other functions or types than the contract's.
    #[error(
        "the component does not fit the contract, although its names do: {reason}. Was it built from changed WIT files?"
    )]
    WorldMismatch {
        /// What differs.
        reason: String,
    },
    /// Compiling it took too long; the worker was killed.
    #[error(
        "the component took longer to compile than the limit of {limit:?}: build it in release mode, with smaller functions, or raise the limit"
    )]
    CompileTimeout {
        /// What was allowed.
        limit: Duration,
    },
    /// Compiling it took too much memory.
    #[error(
        "the component needs more memory to compile than the limit of {} MiB: build it in release mode, with smaller functions, or raise the limit",
        limit / (1024 * 1024)
    )]
    CompileMemory {
        /// What was allowed, in bytes.
        limit: u64,
    },
    /// The code of it is too large.
    #[error("the component compiles to more than {limit} bytes of code: make it smaller")]
    CodeTooLarge {
        /// The most bytes of code that are taken.
        limit: u64,
    },
    /// The worker that compiled it died, for no limit of its own: the component found a fault in the compiler,
    /// or somebody killed the worker.
    #[error("the compiler {}: {said}. Try again; if it dies again, do not trust the component", died(*signal))]
    CompileCrashed {
        /// The signal that ended the worker; none if it exited.
        signal: Option<i32>,
        /// The end of what it wrote to its standard error, on one line.
        said: String,
    },
    /// The program that compiles cannot be started.
    #[error(
        "the compile worker `{}` cannot be started: give the absolute path of a program that calls `compile_worker`",
        path.display()
    )]
    WorkerMissing {
        /// The program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program that should compile is none that does, or one of another version.
    #[error(
        "`{}` is no compile worker of this host: {reason}. Name a program of the same build that calls `compile_worker`",
        path.display()
    )]
    WorkerUnfit {
        /// The program.
        path: PathBuf,
        /// What is wrong with its answer.
        reason: String,
    },
    /// The tokio runtime was shut down meanwhile.
    #[error("the component was not loaded: the tokio runtime was shut down. Load it on one that goes on")]
    Stopped,
}

fn died(signal: Option<i32>) -> String {
    match signal {
        Some(signal) => format!("was ended by signal {signal}"),
        None => "failed".to_owned(),
    }
}
