//! `dormouse serve`, as a service manager sees it, and those who ask it.

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::http::{Answer, Ask};
use crate::running::lines;
use crate::{Ended, PATIENCE, command};

/// A daemon under a service manager, which is the test. Killed when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    state: PathBuf,
    logs: Receiver<String>,
    logged: Vec<String>,
    told: Receiver<String>,
    heard: Vec<String>,
    _notify: TempDir,
}

impl Daemon {
    /// Starts `dormouse serve` on `state` with more arguments, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not get ready.
    pub fn start(state: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut daemon = Self::spawn(Self::command(state, args), state);
        daemon.wait_told("READY=1");
        daemon
    }

    /// The command, for a test that changes it.
    pub fn command(state: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = command(["serve".as_ref(), "--state".as_ref(), state.as_os_str()]);
        command.args(args);
        command
    }

    /// Starts a command of [`Daemon::command`].
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn spawn(mut command: Command, state: &Path) -> Self {
        let notify = tempfile::tempdir().expect("there is room");
        let socket = notify.path().join("notify");
        let listener = UnixDatagram::bind(&socket).expect("a socket can be made");
        let mut child = command
            .env("NOTIFY_SOCKET", &socket)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let logs = lines(child.stderr.take().expect("it is a pipe"));
        let state = state.to_owned();
        Self {
            child,
            state,
            logs,
            logged: Vec::new(),
            told: messages(listener),
            heard: Vec::new(),
            _notify: notify,
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.state.join("dormouse.sock")
    }

    /// Asks it, at its socket.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    #[must_use]
    #[track_caller]
    pub fn ask(&self, ask: Ask<'_>) -> Answer {
        self.try_ask(ask).unwrap_or_else(|error| panic!("{}: {error}", ask.line))
    }

    /// Asks it, at its socket.
    ///
    /// # Errors
    ///
    /// It does not answer.
    pub fn try_ask(&self, ask: Ask<'_>) -> io::Result<Answer> {
        ask.at_socket(&self.socket())
    }

    /// Asks for what is at `path`.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    #[must_use]
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask(Ask::new(&format!("GET {path}")))
    }

    /// Sends JSON to `path`.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    #[track_caller]
    pub fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        let (line, body) = (format!("POST {path}"), body.to_string());
        self.ask(Ask { line: &line, head: &[], body: body.as_bytes() })
    }

    /// Asks for `path` until the answer is as it should be, and answers that.
    ///
    /// # Panics
    ///
    /// If it never is.
    #[track_caller]
    pub fn get_until(&self, path: &str, is_it: impl Fn(&Answer) -> bool) -> Answer {
        let mut last = None;
        for _ in crate::patiently() {
            let answer = self.get(path);
            if is_it(&answer) {
                return answer;
            }
            last = Some(answer);
        }
        panic!("{path} stays {last:?}")
    }

    /// Waits until it has told its service manager something that begins with `text`; answers all of that line.
    ///
    /// # Panics
    ///
    /// If it never does.
    #[track_caller]
    pub fn wait_told(&mut self, text: &str) -> String {
        for () in crate::patiently() {
            // Asked first: what it told before it ended is there then.
            let ended = self.child.try_wait().expect("it can be asked").is_some();
            for line in self.told.try_iter() {
                self.heard.push(line.clone());
                if line.starts_with(text) {
                    return line;
                }
            }
            if ended {
                break;
            }
        }
        self.logged.extend(self.logs.try_iter());
        panic!("no {text:?} among {:#?}\nlogs: {:#?}", self.heard, self.logged)
    }

    /// All that it has told its service manager so far, a line each.
    #[must_use]
    pub fn told(&mut self) -> &[String] {
        self.heard.extend(self.told.try_iter());
        &self.heard
    }

    /// Waits for a line of its log that holds `text`; answers the line.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn wait_for_log(&mut self, text: &str) -> String {
        if let Some(line) = self.logged.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            match self.logs.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.logged.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(_) => panic!("no {text:?} among {:#?}", self.logged),
            }
        }
    }

    /// The address that stands in its log behind `text`.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn logged_address(&mut self, text: &str) -> SocketAddr {
        let line = self.wait_for_log(text);
        let end = line.split_once(text).map_or("", |(_, end)| end);
        let address = end.trim_start_matches("http://").split(['/', ' ', '"']).next().unwrap_or_default();
        address.parse().unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Kills it as `kill -9` does.
    ///
    /// # Panics
    ///
    /// If it cannot be.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Waits for its end; its log is in the answer's standard error.
    ///
    /// # Panics
    ///
    /// If it does not end.
    #[must_use]
    pub fn finish(mut self) -> Ended {
        loop {
            match self.logs.recv_timeout(PATIENCE) {
                Ok(line) => self.logged.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end after {:#?}", self.logged),
            }
        }
        let code = self.child.wait().expect("it ends").code();
        Ended { code, stdout: String::new(), stderr: self.logged.join("\n") }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // An error is that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of what comes in, until the test ends.
fn messages(listener: UnixDatagram) -> Receiver<String> {
    let (tx, rx) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(len) = listener.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            for line in text.lines() {
                if tx.send(line.to_owned()).is_err() {
                    return;
                }
            }
        }
    });
    rx
}
