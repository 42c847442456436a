//! From PATH to a component that can be run.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dormouse::{COMPONENT_LEN_MAX, Component, ComponentError, Engine, EngineConfig};

use crate::cli::RunArgs;
use crate::command::{build, compile_worker};
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// Runs at once that the engine has room for. A registration runs one at a time; other registrations of the
/// state directory share the rest.
pub(super) const SLOTS: u32 = 16;

/// The component's file: PATH itself, or what is built from it.
pub(super) fn file(args: &RunArgs) -> Result<PathBuf> {
    if args.path.is_dir() {
        return build::component(&args.path, &args.build);
    }
    for (flag, given) in [("--package", &args.build.package), ("--bin", &args.build.bin)] {
        if given.is_some() {
            let path = args.path.display();
            return Err(Failure::new(
                Exit::Usage,
                format!("{flag} is for a directory that is built; `{path}` is none"),
            )
            .help(format!("leave {flag} out, or give the directory of the package")));
        }
    }
    Ok(args.path.clone())
}

pub(super) fn engine(wasm_stack_bytes: usize) -> Result<Engine> {
    let config = EngineConfig { slots: SLOTS, wasm_stack_bytes, ..EngineConfig::default() };
    Engine::new(&config).map_err(|error| Failure::from_error(Exit::Internal, &error))
}

/// Compiled in a process of its own, or found in the user's cache.
pub(super) async fn load(engine: &Engine, path: &Path) -> Result<Component> {
    let bytes = read(path, "give the path of a component (.wasm) or of a directory with a Cargo.toml")?;
    let cache = compile_worker::cache();
    let loaded = Component::load(engine, &compile_worker::compiler(), cache.as_ref(), bytes).await;
    loaded.map_err(|error| refused(path, &error))
}

pub(crate) fn refused(path: &Path, error: &ComponentError) -> Failure {
    if let ComponentError::WorkerMissing { .. } | ComponentError::WorkerUnfit { .. } = error {
        return Failure::internal(format!("`{}` cannot be compiled", path.display()))
            .because(error)
            .help("dormouse starts itself once more to compile a component: is /proc mounted, and may this user start processes?");
    }
    let failure = Failure::new(Exit::Component, format!("`{}` cannot be run", path.display())).because(error);
    match error {
        ComponentError::NotWasm => {
            failure.help("give the path of a component (.wasm) or of a directory with a Cargo.toml")
        }
        ComponentError::CoreModule => {
            failure.help("build it with `cargo build --target wasm32-wasip2 --release`")
        }
        ComponentError::NotACommand { .. } => {
            failure.help("build a program with a `main`; what exports a task is run by `dormouse run`")
        }
        ComponentError::NotATask { .. } => {
            failure.help("in Rust, write `#[dormouse_guest::task]` above an async fn that takes the instance")
        }
        _ => failure,
    }
}

/// The bytes of a component; `help` says what to name if there are none.
pub(crate) fn read(path: &Path, help: &str) -> Result<Vec<u8>> {
    bounded(path).map_err(|error| {
        Failure::new(Exit::Component, format!("`{}` cannot be read", path.display()))
            .because(&error)
            .help(help)
    })
}

/// Reads no more than is needed to see that it is too much.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(COMPONENT_LEN_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
