//! An adapter that is a process.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::{LinkError, shown};
use crate::protocol::LINE_LEN_MAX;

/// How often it is looked whether a process that should end did, and how long between.
const LOOKS: usize = 100;
const TURN: Duration = Duration::from_millis(20);

/// A process, and all that it started and that stayed with it.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    /// Starts a program with its arguments. `requests` are written to it, and what it says is told.
    pub(super) fn start(
        command: &[String],
        requests: Receiver<String>,
        tell: SyncSender<Result<String, LinkError>>,
    ) -> Result<Self, LinkError> {
        let start = || {
            let (program, args) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            let mut command = Command::new(program);
            // A group of its own: where it has to be killed, so has the host that it started.
            command.args(args).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn()?;
            let pipes = child.stdin.take().zip(child.stdout.take());
            pipes.map(|(stdin, stdout)| (child, stdin, stdout)).ok_or(io::ErrorKind::BrokenPipe.into())
        };
        let started: io::Result<_> = start();
        let (child, stdin, stdout) =
            started.map_err(|source| LinkError::Start { command: command.join(" "), source })?;
        thread::spawn(move || read_lines(BufReader::new(stdout), &tell));
        thread::spawn(move || write_lines(stdin, &requests));
        Ok(Self(child))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An adapter ends when its input does. One that does not is not waited for.
        let ended = (0..LOOKS).any(|_| {
            let ended = !matches!(self.0.try_wait(), Ok(None));
            if !ended {
                pause();
            }
            ended
        });
        if !ended {
            // An error is that there is none any more.
            let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process tells nobody that it ends")]
fn pause() {
    thread::sleep(TURN);
}

/// Writes what is asked. On a thread of its own: one that does not read must not hold up the runner. That it reads no more
/// is seen by that it does not answer.
fn write_lines(mut to: ChildStdin, requests: &Receiver<String>) {
    for request in requests {
        if to.write_all(request.as_bytes()).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}

/// Passes the lines of an adapter on, until there are no more or nobody wants them.
fn read_lines(mut from: impl BufRead, tell: &SyncSender<Result<String, LinkError>>) {
    loop {
        let mut line = Vec::new();
        let read = (&mut from).take(LINE_LEN_MAX as u64 + 1).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            return;
        }
        let line = if line.len() > LINE_LEN_MAX {
            Err(LinkError::TooLong)
        } else {
            String::from_utf8(line).map_err(|error| LinkError::Malformed {
                line: shown(&String::from_utf8_lossy(error.as_bytes())),
                why: "it is not UTF-8".to_owned(),
            })
        };
        let is_last = line.is_err();
        if tell.send(line).is_err() || is_last {
            return;
        }
    }
}
