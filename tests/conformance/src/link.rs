//! The line to an adapter: a process, or a thread of this one.

use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::adapter::{Adapter, serve};
use crate::protocol::{Event, Hello, LINE_LEN_MAX, Line, Op, PROTOCOL, Reply, Request};

/// The beginning of a line that is not understood, in characters, as it is shown.
const SHOWN: usize = 200;

/// Why nothing more is to be had of an adapter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It cannot be started.
    #[error("the adapter {command:?} cannot be started; is it an executable file?")]
    Start {
        /// What was to be started.
        command: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It takes no more requests.
    #[error("the adapter does not read what is asked any more")]
    Write(#[source] io::Error),
    /// It ended.
    #[error("the adapter ended before it had answered `{op}`; what it wrote to standard error may say why")]
    Gone {
        /// What it was asked.
        op: &'static str,
    },
    /// It does not answer.
    #[error("the adapter did not answer `{op}` within {patience:?}; --timeout gives it longer")]
    Hung {
        /// What it was asked.
        op: &'static str,
        /// How long it had.
        patience: Duration,
    },
    /// A line that is too long.
    #[error("the adapter wrote a line of more than {LINE_LEN_MAX} bytes")]
    TooLong,
    /// A line that is none of the protocol.
    #[error("the adapter wrote {line:?}, which is no event and no answer: {why}")]
    Malformed {
        /// The line, shortened.
        line: String,
        /// What is wrong with it.
        why: String,
    },
    /// An answer to something else.
    #[error("the adapter answered request {got} while {asked} was asked")]
    WrongAnswer {
        /// What was asked.
        asked: u64,
        /// What was answered.
        got: u64,
    },
    /// It speaks another version.
    #[error("the adapter speaks version {theirs} of the protocol, and this runner version {PROTOCOL}")]
    Version {
        /// Its version.
        theirs: u32,
    },
    /// It says itself that it failed.
    #[error("the adapter failed at `{op}`: {text}")]
    Failed {
        /// What it was asked.
        op: &'static str,
        /// What it says.
        text: String,
    },
    /// An answer without what belongs in it.
    #[error("the adapter answered `{op}` with {answer}: {why}")]
    Answer {
        /// What it was asked.
        op: &'static str,
        /// What it answered, shortened.
        answer: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A line to an adapter.
pub struct Link {
    to: Way,
    from: Receiver<Result<String, LinkError>>,
    next: u64,
}

enum Way {
    Process(Box<Child>, Option<ChildStdin>),
    Thread(Sender<String>),
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Link {
    /// To a process that is started now: a program and its arguments. Its standard error is this process's.
    ///
    /// # Errors
    ///
    /// [`LinkError::Start`]
    pub fn process(command: &[String]) -> Result<Self, LinkError> {
        let start = || {
            let (program, args) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            let mut child =
                Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let pipes = child.stdin.take().zip(child.stdout.take());
            pipes.map(|(stdin, stdout)| (child, stdin, stdout)).ok_or(io::ErrorKind::BrokenPipe.into())
        };
        let started: io::Result<_> = start();
        let (child, stdin, stdout) =
            started.map_err(|source| LinkError::Start { command: command.join(" "), source })?;
        let (tell, from) = channel();
        thread::spawn(move || read_lines(BufReader::new(stdout), &tell));
        Ok(Self { to: Way::Process(Box::new(child), Some(stdin)), from, next: 1 })
    }

    /// To an adapter on a thread of this process. The same lines go over it.
    pub fn thread<A: Adapter>(adapter: impl FnOnce() -> A + Send + 'static) -> Self {
        let (to, requests) = channel::<String>();
        let (tell, from) = channel();
        thread::spawn(move || {
            let mut adapter = adapter();
            // That the other side hung up is how it ends.
            let _ = serve(&mut adapter, requests.into_iter().map(Ok), &mut Told { tell, line: Vec::new() });
        });
        Self { to: Way::Thread(to), from, next: 1 }
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

    /// Asks, and waits for the answer. What happened meanwhile is appended to `events`.
    ///
    /// # Errors
    ///
    /// [`LinkError`]: the line cannot be used any more.
    pub fn ask(&mut self, op: Op, patience: Duration, events: &mut Vec<Event>) -> Result<Reply, LinkError> {
        let word = op.word();
        let id = self.next;
        self.next += 1;
        let request = serde_json::to_string(&Request { id, op });
        let mut request =
            request.map_err(|error| LinkError::Write(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        request.push('\n');
        self.send(request).map_err(LinkError::Write)?;
        loop {
            let line = match self.from.recv_timeout(patience) {
                Ok(line) => line?,
                Err(RecvTimeoutError::Timeout) => return Err(LinkError::Hung { op: word, patience }),
                Err(RecvTimeoutError::Disconnected) => return Err(LinkError::Gone { op: word }),
            };
            let parsed = serde_json::from_str::<Line>(&line)
                .map_err(|error| LinkError::Malformed { line: shown(&line), why: error.to_string() });
            match parsed? {
                Line::Event(event) => events.push(event),
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

    fn send(&mut self, line: String) -> io::Result<()> {
        match &mut self.to {
            Way::Process(_, stdin) => {
                let stdin = stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
                stdin.write_all(line.as_bytes())?;
                stdin.flush()
            }
            Way::Thread(to) => to.send(line).map_err(|_| io::ErrorKind::BrokenPipe.into()),
        }
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

impl Drop for Link {
    fn drop(&mut self) {
        if let Way::Process(child, stdin) = &mut self.to {
            // An adapter ends when its input does. One that does not is not waited for.
            drop(stdin.take());
            let ended = (0..100).any(|_| {
                let ended = !matches!(child.try_wait(), Ok(None));
                if !ended {
                    pause();
                }
                ended
            });
            if !ended {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process tells nobody that it ends")]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// Passes the lines of an adapter on, until there are no more or nobody wants them.
fn read_lines(mut from: impl BufRead, tell: &Sender<Result<String, LinkError>>) {
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

/// Where an adapter on a thread writes: each line is a message.
struct Told {
    tell: Sender<Result<String, LinkError>>,
    line: Vec<u8>,
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut lines = std::mem::take(&mut self.line);
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.line = lines.split_off(whole);
        let text =
            String::from_utf8(lines).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        for line in text.lines() {
            self.tell.send(Ok(line.to_owned())).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(())
    }
}
