//! Commands: a process that runs one, and how it ended.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::json;

use crate::protocol::{Limits, Reply};

/// The most that is kept of what a command writes, of each stream, in bytes.
const OUTPUT_MAX: u64 = 1024 * 1024;

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
        End::Exited(code) => ("exited", Some(*code)),
        End::Trapped => ("trapped", None),
        End::Limit => ("limit", None),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Reply::ok(json!({ "ended": ended, "code": code, "stdout": text(stdout), "stderr": text(stderr) }))
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
    let flags = [
        ("wall", limits.wall_ms.map(|ms| format!("{ms}ms"))),
        ("cpu", limits.cpu_ms.map(|ms| format!("{ms}ms"))),
        ("grace", limits.grace_ms.map(|ms| format!("{ms}ms"))),
        ("memory", limits.memory_bytes.map(|bytes| bytes.to_string())),
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
