//! The binary while it runs, seen through its events.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{Ended, PATIENCE, command};

/// A process that prints events with `--json`. Killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    events: Vec<Value>,
    notes: Vec<String>,
}

impl Running {
    /// Starts the binary with these arguments and `--json`.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut child = command(args)
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let stdout = lines(child.stdout.take().expect("it is a pipe"));
        let stderr = lines(child.stderr.take().expect("it is a pipe"));
        Self { child, stdout, stderr, events: Vec::new(), notes: Vec::new() }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    ///
    /// # Panics
    ///
    /// If that cannot be told.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// The next event; none when there will be no more.
    ///
    /// # Panics
    ///
    /// If none comes within [`PATIENCE`].
    pub fn next_event(&mut self) -> Option<Value> {
        match self.stdout.recv_timeout(PATIENCE) {
            Ok(line) => {
                let event: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
                self.events.push(event.clone());
                Some(event)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing happens any more after {:#?}", self.events),
        }
    }

    /// Waits for an event with this name.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn wait_for(&mut self, name: &str) -> Value {
        self.wait_until(name, |event| event["event"] == name)
    }

    /// Waits for an event of which `is_it` is true.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.next_event() {
                Some(event) if is_it(&event) => return event,
                Some(_) => {}
                None => panic!(
                    "no {what} among {:#?}\nstderr: {:#?}",
                    self.events,
                    self.stderr.iter().collect::<Vec<_>>()
                ),
            }
        }
    }

    /// Waits for a line on standard error that holds `text`.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn wait_for_note(&mut self, text: &str) {
        loop {
            match self.stderr.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.notes.push(line);
                    if found {
                        return;
                    }
                }
                Err(_) => panic!("no {text:?} among {:#?}", self.notes),
            }
        }
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Kills it as `kill -9` does; answers all events that it had printed.
    ///
    /// # Panics
    ///
    /// If it cannot be.
    #[must_use]
    pub fn kill(mut self) -> Vec<Value> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        // The last line may be cut.
        while let Ok(line) = self.stdout.recv_timeout(PATIENCE) {
            if let Ok(event) = serde_json::from_str(&line) {
                self.events.push(event);
            }
        }
        std::mem::take(&mut self.events)
    }

    /// Waits for its end; answers how it ended, and all events.
    ///
    /// # Panics
    ///
    /// If it does not end.
    #[must_use]
    pub fn finish(mut self) -> (Ended, Vec<Value>) {
        while self.next_event().is_some() {}
        while let Ok(line) = self.stderr.recv_timeout(PATIENCE) {
            self.notes.push(line);
        }
        let code = self.child.wait().expect("it ends").code();
        let ended = Ended { code, stdout: String::new(), stderr: self.notes.join("\n") };
        (ended, std::mem::take(&mut self.events))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error is that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that come out of `pipe`.
pub(crate) fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (tx, rx): (Sender<String>, _) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if tx.send(line).is_err() {
                return;
            }
        }
    });
    rx
}
