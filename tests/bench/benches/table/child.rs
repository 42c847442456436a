//! A contender that was started, and what it is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use peer_protocol::{About, Figures, Reply, Request};
use serde::de::DeserializeOwned;

/// Why there is no figure: in a table, beside the name of whose figure it would be.
pub(crate) type Reason = String;

/// How long a contender has to say that it is ready, and to end by itself.
const READY: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(10);
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long anything may take that it is asked. Ten million rows of history are minutes.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

pub(crate) struct Peer {
    pub(crate) about: About,
    child: Child,
    /// None once it was told to end.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    /// The last that it said to people.
    last: Arc<Mutex<String>>,
}

impl Peer {
    /// Returns when it is ready.
    pub(crate) fn start(mut command: Command) -> Result<Self, Reason> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Whoever takes one for each error that happens is slower for it, and the last line is to be the reason.
        command.env_remove("RUST_BACKTRACE");
        let mut child = command.spawn().map_err(|error| format!("`{program}` does not start: {error}"))?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (told, lines) = channel();
        if let Some(output) = output {
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if told.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let last = Arc::<Mutex<String>>::default();
        if let Some(errors) = errors {
            let last = last.clone();
            thread::spawn(move || {
                for line in BufReader::new(errors).lines().map_while(Result::ok) {
                    eprintln!("    {line}");
                    if !line.trim().is_empty() {
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = line;
                    }
                }
            });
        }
        let about = About {
            peer: String::new(),
            version: String::new(),
            isolation: String::new(),
            durability: String::new(),
        };
        let mut peer = Self { about, child, input, lines, last };
        peer.about = peer.hear(READY)?;
        Ok(peer)
    }

    /// Has it do something. What it has nothing of, and what goes wrong, is a reason.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Figures, Reason> {
        let mut line = serde_json::to_vec(request).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or("it was told to end")?;
        input.write_all(&line).and_then(|()| input.flush()).map_err(|_| self.ended())?;
        match self.hear(PATIENCE)? {
            Reply::Done(figures) => Ok(figures),
            Reply::Unsupported(why) => Err(why),
            Reply::Failed(why) => Err(format!("failed: {why}")),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn hear<T: DeserializeOwned>(&self, patience: Duration) -> Result<T, Reason> {
        let line = self.lines.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("failed: it says nothing for {patience:?}"),
            RecvTimeoutError::Disconnected => self.ended(),
        })?;
        serde_json::from_str(&line).map_err(|error| format!("failed: it says {line:?}: {error}"))
    }

    fn ended(&self) -> Reason {
        // What it said last is on its way.
        thread::sleep(LAST_WORDS);
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        format!("failed: it has ended: {}", last.trim())
    }
}

/// The end of its input is its end. One that does not see that is killed.
impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        ended(&mut self.child, END);
    }
}

/// Waits for the end of a process of ours, and kills it if that does not come.
pub(crate) fn ended(child: &mut Child, patience: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
}
