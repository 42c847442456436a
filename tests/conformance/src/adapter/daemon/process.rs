//! The process of a daemon, and what it prints.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use dormouse_control::client::Client;
use dormouse_core::Clock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long it may take to be there, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks whether it is.
const TURN: Duration = Duration::from_millis(20);

/// The end of its log that is shown when it does not start, in bytes.
const SHOWN: usize = 2_000;

/// Why it is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    #[error("`{}` cannot be started: {source}; name the program with --dormouse", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("`dormouse serve` ended instead of answering; its log ends with: {log}")]
    Ended { log: String },
    #[error("`dormouse serve` does not answer: {0}")]
    Silent(String),
    #[error("`dormouse serve` does not end")]
    Endless,
    #[error("`dormouse serve` cannot be told to end: {0}")]
    Signal(io::Error),
}

/// `dormouse serve`. Killed when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
    printed: Receiver<Value>,
    /// Events that were seen and not yet told.
    seen: VecDeque<Value>,
}

impl Process {
    pub(super) fn start(program: &Path, state: &Path, flags: &[String]) -> Result<Self, ProcessError> {
        let log = state.join("adapter.log");
        let started = || {
            let log = File::options().create(true).append(true).open(&log)?;
            let mut child = Command::new(program)
                .args(["serve", "--json", "--state"])
                .arg(state)
                .args(flags)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(log)
                .spawn()?;
            child.stdout.take().map(|stdout| (child, stdout)).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
        };
        let (child, stdout) = started()
            .map_err(|source: io::Error| ProcessError::Start { program: program.to_owned(), source })?;
        let (tell, printed) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                // The last line of a process that was killed may be cut.
                if let Ok(event) = serde_json::from_str(&line)
                    && tell.send(event).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { child, log, printed, seen: VecDeque::new() })
    }

    /// Waits until it answers.
    pub(super) async fn ready(&mut self, client: &Client, clock: &impl Clock) -> Result<(), ProcessError> {
        let until = clock.now() + PATIENCE;
        let mut last = "nobody listens".to_owned();
        while clock.now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return Err(ProcessError::Ended { log: self.log() });
            }
            match client.ping().await {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(error) => last = error.to_string(),
            }
            clock.sleep_until(clock.now() + TURN).await;
        }
        Err(ProcessError::Silent(last))
    }

    fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(log.get(log.len().saturating_sub(SHOWN)..).unwrap_or_default()).into_owned()
    }

    /// What it printed and nobody was told yet.
    pub(super) fn events(&mut self) -> impl Iterator<Item = Value> + use<'_> {
        self.seen.extend(self.printed.try_iter());
        self.seen.drain(..)
    }

    /// Waits for `span`; if `eager`, no longer than until there are events.
    pub(super) fn wait(&mut self, span: Duration, clock: &impl Clock, eager: bool) {
        let until = clock.now() + span;
        loop {
            self.seen.extend(self.printed.try_iter());
            let left = until.since(clock.now());
            if left.is_zero() || (eager && !self.seen.is_empty()) {
                return;
            }
            match self.printed.recv_timeout(left) {
                Ok(event) => self.seen.push_back(event),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => return,
                // It ended: what is asked next will say so. Time passes all the same.
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                    pause(left);
                    return;
                }
            }
        }
    }

    /// Waits until it has printed nothing for `span`, for `most` at the most.
    pub(super) fn quiet(&mut self, span: Duration, most: Duration, clock: &impl Clock) {
        let until = clock.now() + most;
        while clock.now() < until {
            match self.printed.recv_timeout(span) {
                Ok(event) => self.seen.push_back(event),
                Err(_) => return,
            }
        }
    }

    /// Stops it as a service manager does.
    pub(super) fn stop(&mut self) -> Result<(), ProcessError> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .map_err(|error| ProcessError::Signal(error.into()))?;
        let turns = PATIENCE.as_millis() / TURN.as_millis();
        for _ in 0..turns {
            if !matches!(self.child.try_wait(), Ok(None)) {
                self.rest();
                return Ok(());
            }
            pause(TURN);
        }
        Err(ProcessError::Endless)
    }

    /// Kills it as `kill -9` does.
    pub(super) fn kill(&mut self) -> Result<(), ProcessError> {
        self.child.kill().and_then(|()| self.child.wait()).map_err(ProcessError::Signal)?;
        self.rest();
        Ok(())
    }

    /// Everything that it printed before it ended.
    fn rest(&mut self) {
        self.seen.extend(self.printed.iter());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process tells nobody that it ends, and one that ended tells nothing"
)]
pub(super) fn pause(span: Duration) {
    thread::sleep(span);
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error is that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
