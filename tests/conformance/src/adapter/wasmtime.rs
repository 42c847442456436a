//! The adapter for `wasmtime run`: a runtime of commands without registrations, triggers or state. It shows how small an
//! adapter can be, and that the cases about commands are nobody's own.

use std::path::PathBuf;
use std::process::Command;

use super::Adapter;
use super::commands::{End, answer, run};
use crate::protocol::{Capability, Event, Hello, Limits, Op, PROTOCOL, Reply};

/// What `wasmtime` exits with when its guest traps: 128 and SIGABRT.
const TRAPPED: i32 = 134;

/// `wasmtime run`.
#[derive(Debug)]
pub struct WasmtimeAdapter {
    program: PathBuf,
}

impl WasmtimeAdapter {
    /// For the program at this path.
    #[must_use]
    pub const fn new(program: PathBuf) -> Self {
        Self { program }
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
        let version = Command::new(&self.program).arg("--version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        Hello {
            protocol: PROTOCOL,
            name: "wasmtime run".to_owned(),
            version: version.unwrap_or_else(|error| format!("which cannot be run: {error}")),
            capabilities: vec![Capability::Command],
        }
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
                let interrupted = String::from_utf8_lossy(&ran.stderr).contains("wasm trap: interrupt");
                let end = match ran.code {
                    Some(TRAPPED) if interrupted => End::Limit,
                    Some(TRAPPED) => End::Trapped,
                    Some(code) => End::Exited(code),
                    None => return Reply::failed("`wasmtime run` was ended by a signal"),
                };
                answer(&end, &ran.stdout, &ran.stderr)
            }
            other => Reply::Unsupported(format!("`wasmtime run` has no `{}`", other.word())),
        }
    }
}
