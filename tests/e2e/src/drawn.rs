//! The binary while it prints something again and again for people.

use std::ffi::OsStr;
use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;

use crate::running::lines;
use crate::{PATIENCE, command};

/// A process that draws a list, as with `--watch`. Killed when it is dropped.
#[derive(Debug)]
pub struct Drawn {
    child: Child,
    stdout: Receiver<String>,
    seen: Vec<String>,
}

impl Drawn {
    /// Starts the binary with these arguments.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut child = command(args).stdout(Stdio::piped()).spawn().expect("the binary can be started");
        let stdout = lines(child.stdout.take().expect("it is a pipe"));
        Self { child, stdout, seen: Vec::new() }
    }

    /// Waits for a line that holds `text`.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(text);
                    self.seen.push(line);
                    if found {
                        return;
                    }
                }
                Err(_) => panic!("no {text:?} among {:#?}", self.seen),
            }
        }
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        // An error is that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
