//! How the tests run the built binary.
//!
//! The tests are in `tests`, and belong to the package `dormouse-cli`, for which Cargo builds the binary:
//! `cargo nextest run -p dormouse-cli`.
//!
//! [`dormouse`] runs it to its end; [`Running`] follows its events while it runs, and sends it signals; [`Daemon`] is
//! `dormouse serve` under a service manager, asked over its socket. What a test waits for are events and ends of
//! processes, never times: [`PATIENCE`] is only there so that a test that hangs fails instead.

#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod binary;
mod daemon;
mod drawn;
mod http;
mod numbers;
mod package;
mod running;

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

pub use daemon::Daemon;
pub use drawn::Drawn;
pub use http::{Answer, Ask};
pub use numbers::Numbers;
pub use package::Package;
pub use running::Running;
pub use rustix::process::Signal;
pub use serde_json::Value;
use tempfile::TempDir;

/// How long a test waits for something that should come at once.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A process that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// Checks the exit code.
    ///
    /// # Panics
    ///
    /// With all that was printed, if it is another one.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that standard error holds `text`.
    ///
    /// # Panics
    ///
    /// With all that was printed, if it does not.
    #[track_caller]
    pub fn expect_stderr(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in stderr:\n{}", self.stderr);
        self
    }

    /// Checks that standard output holds `text`.
    ///
    /// # Panics
    ///
    /// With all that was printed, if it does not.
    #[track_caller]
    pub fn expect_stdout(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in stdout:\n{}", self.stdout);
        self
    }

    /// Checks that it is an error as people should get it: what, and what to do, and no dump.
    ///
    /// # Panics
    ///
    /// With all that was printed, if it is not.
    #[track_caller]
    pub fn expect_error(self, text: &str) -> Self {
        let err = &self.stderr;
        assert!(err.starts_with("error: "), "no error:\n{err}");
        let advises = err.contains("\nhelp: ") || err.contains("For more information, try '--help'");
        assert!(advises, "no advice:\n{err}");
        for dump in ["panicked", "RUST_BACKTRACE", "Error {", "Some(", "Os {", "kind:"] {
            assert!(!err.contains(dump), "{dump:?} in:\n{err}");
        }
        self.expect_stderr(text)
    }

    /// The value of a row of the one receipt in standard error.
    ///
    /// # Panics
    ///
    /// If there is no such row, or more than one.
    #[must_use]
    #[track_caller]
    pub fn receipt(&self, label: &str) -> &str {
        let rows: Vec<&str> = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.strip_prefix(label)?.strip_prefix("  "))
            .map(str::trim)
            .collect();
        match rows.as_slice() {
            [row] => row,
            rows => panic!("{} rows {label:?} in:\n{}", rows.len(), self.stderr),
        }
    }
}

/// The binary with these arguments, and nothing in its environment that changes what it prints.
///
/// # Panics
///
/// If it is nowhere.
pub fn command(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(binary::path());
    command.args(args).stdin(Stdio::null());
    // Shared by all tests, and not the user's.
    command.env("XDG_CACHE_HOME", binary::path().with_file_name("e2e-cache"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_LOG", "RUST_BACKTRACE", "JOURNAL_STREAM"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["DORMOUSE_", "OTEL_", "NOTIFY_", "WATCHDOG_"].iter().any(|ours| text.starts_with(ours)) {
            command.env_remove(name);
        }
    }
    command
}

/// A directory for a state, as a host wants it: nobody else's business.
///
/// # Panics
///
/// If it cannot be made.
#[must_use]
pub fn state_dir() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.permissions(Permissions::from_mode(0o700)).tempdir().expect("there is room")
}

/// Turns of a loop that looks for something which comes soon: as many as there are within [`PATIENCE`].
pub fn patiently() -> impl Iterator<Item = ()> {
    const TURN: Duration = Duration::from_millis(20);
    let turns = PATIENCE.as_millis() / TURN.as_millis();
    (0..turns).map(|turn| {
        if turn > 0 {
            pause(TURN);
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "a process of its own tells nobody when it has done something")]
fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// Runs the binary to its end.
///
/// # Panics
///
/// If it cannot be run.
pub fn dormouse(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ended {
    ended(command(args))
}

/// Runs a command to its end.
///
/// # Panics
///
/// If it cannot be run.
#[must_use]
pub fn ended(mut command: Command) -> Ended {
    let output = command.output().expect("the binary can be run");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The JSON objects of `text`, one a line.
///
/// # Panics
///
/// If a line is something else.
#[must_use]
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => value,
            other => panic!("no object: {line}: {other:?}"),
        })
        .collect()
}

/// The names of events, in order.
#[must_use]
pub fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap_or("?")).collect()
}
