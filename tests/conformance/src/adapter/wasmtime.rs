//! The adapter for `wasmtime run`: a runtime of commands without registrations, triggers or state. It shows how small an
//! adapter can be, and that the cases about commands are nobody's own.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use super::Adapter;
use super::commands::{End, Ran, answer, run, version};
use crate::protocol::{Capability, Event, Hello, Limits, Op, Reply};

/// What `wasmtime` exits with when its guest traps: 128 and SIGABRT.
const TRAPPED: i32 = 134;

/// How what it says then begins, behind what its guest wrote.
const SAYS: &str = "Error: failed to run main module";

/// How that ends where the trap was that its time was up.
const TIME_IS_UP: &str = "wasm trap: interrupt";

/// `wasmtime run`.
#[derive(Debug)]
pub struct WasmtimeAdapter {
    program: PathBuf,
    version: String,
}

impl WasmtimeAdapter {
    /// For the program at this path.
    ///
    /// # Errors
    ///
    /// It cannot be run.
    pub fn new(program: PathBuf) -> io::Result<Self> {
        Ok(Self { version: version(&program)?, program })
    }

    fn command(&self, limits: &Limits) -> Result<Command, Reply> {
        let mut command = Command::new(&self.program);
        command.arg("run");
        let Limits { class, wall_ms, cpu_ms, grace_ms: _, memory_bytes, output_bytes, deferrals } = limits;
        if class.is_some() || cpu_ms.is_some() || output_bytes.is_some() || deferrals.is_some() {
            let why =
                "`wasmtime run` limits wall-clock time and memory, and nothing else that a case can ask for";
            return Err(Reply::Unsupported(why.to_owned()));
        }
        if let Some(ms) = wall_ms {
            command.arg(format!("-Wtimeout={ms}ms"));
        }
        if let Some(bytes) = memory_bytes {
            command.arg(format!("-Wmax-memory-size={bytes}"));
        }
        Ok(command)
    }
}

impl Adapter for WasmtimeAdapter {
    fn hello(&self) -> Hello {
        Hello::new("wasmtime run", &self.version, vec![Capability::Command])
    }

    fn handle(&mut self, op: Op, _: &mut dyn FnMut(Event)) -> Reply {
        match op {
            Op::Open { .. } | Op::Close => Reply::done(),
            Op::Command { program, args, env, stdin, limits } => {
                let mut command = match self.command(&limits) {
                    Ok(command) => command,
                    Err(reply) => return reply,
                };
                for (name, value) in env {
                    command.arg(format!("--env={name}={value}"));
                }
                command.arg(&program.path).args(args);
                let ran = match run(&mut command, &stdin) {
                    Ok(ran) => ran,
                    Err(error) => {
                        return Reply::failed(format_args!("`wasmtime run` cannot be run: {error}"));
                    }
                };
                ended(&ran)
            }
            other => Reply::Unsupported(format!("`wasmtime run` has no `{}`", other.word())),
        }
    }
}

/// How a command ended, and what of it all the command wrote itself.
fn ended(ran: &Ran) -> Reply {
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let said = stderr.rfind(SAYS).filter(|_| ran.code == Some(TRAPPED)).map(|at| stderr.split_at(at));
    match (ran.code, said) {
        (Some(_), Some((own, said))) => {
            let end = if said.trim_end().ends_with(TIME_IS_UP) { End::Limit } else { End::Trapped };
            answer(&end, &ran.stdout, own.as_bytes())
        }
        (Some(code), None) => answer(&End::Exited(code), &ran.stdout, &ran.stderr),
        (None, _) => Reply::failed("`wasmtime run` was ended by a signal"),
    }
}
