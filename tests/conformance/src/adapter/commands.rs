//! Commands: a process that runs one, and how it ended.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::protocol::{CommandEnd, CommandEnded, Limits, Reply};

/// The most that is kept of what a command writes, of each stream, in bytes.
const OUTPUT_MAX: u64 = 1024 * 1024;

/// The most of what a program says of its version, in characters.
const VERSION_MAX: usize = 100;

/// How a command ended.
pub(super) enum End {
    /// With this code.
    Exited(i32),
    /// By a trap.
    Trapped,
    /// At a limit.
    Limit,
}

/// What is answered.
pub(super) fn answer(end: &End, stdout: &[u8], stderr: &[u8]) -> Reply {
    let (ended, code) = match end {
        End::Exited(code) => (CommandEnd::Exited, Some(*code)),
        End::Trapped => (CommandEnd::Trapped, None),
        End::Limit => (CommandEnd::Limit, None),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Reply::ok(CommandEnded { ended, code, stdout: text(stdout), stderr: text(stderr) })
}

/// What a program says of its version.
pub(super) fn version(program: &Path) -> io::Result<String> {
    let told = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let told = told.map_err(|error| {
        io::Error::new(error.kind(), format!("`{} --version` cannot be run: {error}", program.display()))
    })?;
    let text = String::from_utf8_lossy(&told.stdout);
    Ok(text.chars().take(VERSION_MAX).collect::<String>().trim().to_owned())
}

/// A process that ended.
pub(super) struct Ran {
    /// None if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a process to its end. What it writes beyond what is kept is read and dropped.
pub(super) fn run(command: &mut Command, stdin: &str) -> io::Result<Ran> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (to, text) = (child.stdin.take(), stdin.to_owned());
    thread::spawn(move || {
        // A command need not read what it is given.
        to.map(|mut to| to.write_all(text.as_bytes()))
    });
    let stderr = child.stderr.take();
    let stderr = thread::spawn(move || stderr.map_or_else(|| Ok(Vec::new()), kept));
    let stdout = child.stdout.take().map_or_else(|| Ok(Vec::new()), kept)?;
    let stderr = stderr.join().map_err(|_| io::Error::other("a reader panicked"))??;
    Ok(Ran { code: child.wait()?.code(), stdout, stderr })
}

fn kept(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&mut from).take(OUTPUT_MAX).read_to_end(&mut bytes)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(bytes)
}

/// By `dormouse run-command`.
pub(super) fn dormouse(
    dormouse: &Path,
    file: &str,
    args: &[String],
    env: &BTreeMap<String, String>,
    stdin: &str,
    limits: &Limits,
) -> Reply {
    /// Its codes for a limit and a trap.
    const LIMIT: i32 = 124;
    const TRAP: i32 = 134;
    let mut command = Command::new(dormouse);
    command.arg("run-command");
    for (name, value) in env {
        command.arg(format!("--env={name}={value}"));
    }
    let Limits { class, wall_ms, cpu_ms, grace_ms, memory_bytes, output_bytes, deferrals } = limits;
    if let Some(class) = class {
        command.arg(format!("--class={class}"));
    }
    let span = |ms: &Option<u64>| ms.map(|ms| format!("{ms}ms"));
    let number = |number: &Option<u64>| number.map(|number| number.to_string());
    let flags = [
        ("wall", span(wall_ms)),
        ("cpu", span(cpu_ms)),
        ("grace", span(grace_ms)),
        ("memory", number(memory_bytes)),
        ("output", number(output_bytes)),
        ("deferrals", number(&deferrals.map(u64::from))),
    ];
    for (key, value) in flags {
        if let Some(value) = value {
            command.arg(format!("--limit={key}={value}"));
        }
    }
    command.arg(file).args(args);
    match run(&mut command, stdin) {
        Ok(ran) => {
            let end = match ran.code {
                Some(LIMIT) => End::Limit,
                Some(TRAP) => End::Trapped,
                Some(code) => End::Exited(code),
                None => return Reply::failed("`dormouse run-command` was ended by a signal"),
            };
            answer(&end, &ran.stdout, &ran.stderr)
        }
        Err(error) => Reply::failed(format_args!("`dormouse run-command` cannot be run: {error}")),
    }
}
