//! The line to an adapter: a process, or a thread of this one.

mod error;
mod process;

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use crate::adapter::{Adapter, serve};
use crate::clock;
use crate::protocol::{Event, Hello, Line, Op, PROTOCOL, Reply, Request};

pub use error::LinkError;
use process::Process;

/// The beginning of a line that is not understood, in characters, as it is shown.
const SHOWN: usize = 200;

/// The most events of one case.
pub const EVENTS_MAX: usize = 100_000;

/// The most that they are long together, as they were written, in bytes.
pub const EVENTS_LEN_MAX: usize = 64 * 1024 * 1024;

/// Lines that wait to be looked at. An adapter that says more is made to wait.
const LINES_WAIT: usize = 16;

/// A line to an adapter.
pub struct Link {
    to: Sender<String>,
    from: Receiver<Result<String, LinkError>>,
    next: u64,
    told: Told,
    /// Dropped last: it ends when nobody asks it any more.
    process: Option<Process>,
}

/// What was told in this case.
#[derive(Clone, Copy, Default)]
struct Told {
    events: usize,
    bytes: usize,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("next", &self.next)
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// To a process that is started now: a program and its arguments. Its standard error is this process's.
    ///
    /// # Errors
    ///
    /// [`LinkError::Start`]
    pub fn process(command: &[String]) -> Result<Self, LinkError> {
        let (to, requests) = channel();
        let (tell, from) = sync_channel(LINES_WAIT);
        let process = Process::start(command, requests, tell)?;
        Ok(Self { to, from, next: 1, told: Told::default(), process: Some(process) })
    }

    /// To an adapter on a thread of this process. The same lines go over it.
    pub fn thread<A: Adapter>(adapter: impl FnOnce() -> A + Send + 'static) -> Self {
        let (to, requests) = channel::<String>();
        let (tell, from) = sync_channel(LINES_WAIT);
        thread::spawn(move || {
            let mut adapter = adapter();
            // That the other side hung up is how it ends.
            let _ = serve(&mut adapter, requests.into_iter().map(Ok), &mut Says { tell, line: Vec::new() });
        });
        Self { to, from, next: 1, told: Told::default(), process: None }
    }

    /// Says hello.
    ///
    /// # Errors
    ///
    /// [`LinkError`]; among them that it speaks another version.
    pub fn hello(&mut self, patience: Duration) -> Result<Hello, LinkError> {
        let runner = concat!("dormouse-conform ", env!("CARGO_PKG_VERSION")).to_owned();
        let op = Op::Hello { protocol: PROTOCOL, runner };
        let reply = self.ask(op, patience, &mut Vec::new())?;
        let hello: Hello = understood("hello", reply)?;
        if hello.protocol == PROTOCOL {
            Ok(hello)
        } else {
            Err(LinkError::Version { theirs: hello.protocol })
        }
    }

    /// Asks, and waits for the answer, however much is told meanwhile no longer than `patience`. What happened is appended
    /// to `events`.
    ///
    /// # Errors
    ///
    /// [`LinkError`]: the line cannot be used any more.
    pub fn ask(&mut self, op: Op, patience: Duration, events: &mut Vec<Event>) -> Result<Reply, LinkError> {
        let word = op.word();
        if let Op::Open { .. } = op {
            self.told = Told::default();
        }
        let id = self.next;
        self.next += 1;
        let mut request = serde_json::to_string(&Request { id, op })
            .map_err(|source| LinkError::Ask { op: word, source })?;
        request.push('\n');
        // One that takes no more requests does not answer either, which is an error below.
        let _ = self.to.send(request);
        let until = clock::now() + patience;
        loop {
            let line = match self.from.recv_timeout(until.saturating_sub(clock::now())) {
                Ok(line) => line?,
                Err(RecvTimeoutError::Timeout) => return Err(LinkError::Hung { op: word, patience }),
                Err(RecvTimeoutError::Disconnected) => return Err(LinkError::Gone { op: word }),
            };
            let parsed = serde_json::from_str::<Line>(&line)
                .map_err(|error| LinkError::Malformed { line: shown(&line), why: error.to_string() });
            match parsed? {
                Line::Event(event) => {
                    self.told.events += 1;
                    self.told.bytes += line.len();
                    if self.told.events > EVENTS_MAX || self.told.bytes > EVENTS_LEN_MAX {
                        return Err(LinkError::Flood);
                    }
                    // What is told puts nothing off.
                    if clock::now() > until {
                        return Err(LinkError::Hung { op: word, patience });
                    }
                    events.push(event);
                }
                Line::Answer(answer) if answer.id != id => {
                    return Err(LinkError::WrongAnswer { asked: id, got: answer.id });
                }
                Line::Answer(answer) => match answer.reply {
                    Reply::Failed(text) => return Err(LinkError::Failed { op: word, text }),
                    reply => return Ok(reply),
                },
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Nobody asks, and nobody listens: what waits to be said is said to nobody.
        self.to = channel().0;
        self.from = sync_channel(0).1;
    }
}

/// What was answered, as what it should be.
///
/// # Errors
///
/// [`LinkError::Answer`]
pub(crate) fn understood<T: serde::de::DeserializeOwned>(
    op: &'static str,
    reply: Reply,
) -> Result<T, LinkError> {
    let answer = |reply: &dyn std::fmt::Debug| shown(&format!("{reply:?}"));
    match reply {
        Reply::Ok(value) => {
            let text = value.to_string();
            serde_json::from_value(value).map_err(|error| LinkError::Answer {
                op,
                answer: shown(&text),
                why: error.to_string(),
            })
        }
        other => {
            Err(LinkError::Answer { op, answer: answer(&other), why: "it should have been done".to_owned() })
        }
    }
}

fn shown(line: &str) -> String {
    line.chars().take(SHOWN).collect()
}

/// Where an adapter on a thread writes: each line is a message.
struct Says {
    tell: SyncSender<Result<String, LinkError>>,
    line: Vec<u8>,
}

impl Write for Says {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if bytes.ends_with(b"\n") {
            let line = String::from_utf8(std::mem::take(&mut self.line));
            let line = line.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.tell.send(Ok(line)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
