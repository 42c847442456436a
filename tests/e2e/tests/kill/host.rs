//! One life of the host.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use dormouse_e2e::{Answer, Ask, Daemon, Signal, Value};
use rustix::process::{Pid, kill_process};

use crate::End;

/// The library that shows a process another time, if the machine has it (Debian's `libfaketime`).
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

pub(crate) struct Host {
    child: Child,
    socket: PathBuf,
    /// The station at which it ends itself; none if it waits for us.
    station: Option<&'static str>,
    killed: AtomicBool,
}

impl Host {
    pub(crate) fn start(state: &Path, end: &End, clock: Option<&str>) -> Self {
        let mut dies_at = None;
        // Retention lets go of nearly everything, as soon as it was read.
        let prunes = matches!(end, End::Station(station, _) if station.starts_with("prune"));
        let runs = if prunes { "20" } else { "1000000" };
        let args = ["--quiet", "--log-format", "text", "--slots-per-app", "16", "--quarantine-after", "0"];
        let keep = ["--retention-runs", runs, "--retention-every", "1s"];
        let mut command = Daemon::command(state, args.into_iter().chain(keep));
        if let End::Station(station, nth) = end {
            command.env("DORMOUSE_KILL_AT", format!("{station}:{nth}"));
            dies_at = Some(*station);
        }
        if let Some(offset) = clock.filter(|_| Path::new(FAKETIME).exists()) {
            command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", offset);
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let log = std::fs::File::create(state.join("log")).unwrap();
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Self { child, socket: state.join("dormouse.sock"), station: dies_at, killed: AtomicBool::new(false) }
    }

    /// Waits until it answers; false if it died before.
    pub(crate) fn is_ready(&mut self) -> bool {
        for () in dormouse_e2e::patiently() {
            if Ask::new("GET /v1/host").at_socket(&self.socket).is_ok_and(|answer| answer.status == 200) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
        }
        panic!("it neither answers nor dies");
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Sends JSON; none if it died before it answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Option<Answer> {
        let (line, body) = (format!("POST {path}"), body.to_string());
        Ask { line: &line, head: &[], body: body.as_bytes() }.at_socket(&self.socket).ok()
    }

    pub(crate) fn get(&self, path: &str) -> Option<Answer> {
        Ask::new(&format!("GET {path}")).at_socket(&self.socket).ok()
    }

    fn signal(&self, signal: Signal) {
        // An error is that it has died already.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    pub(crate) fn kill_now(&self) {
        self.killed.store(true, Ordering::Relaxed);
        self.signal(Signal::KILL);
    }

    /// Waits until it is dead, by SIGKILL and nothing else; answers at what. Nobody asks it anything any more, so if we
    /// did not kill it, it is on its way.
    pub(crate) fn dead(mut self) -> &'static str {
        use std::os::unix::process::ExitStatusExt as _;
        let killed = self.killed.load(Ordering::Relaxed);
        let status = self.child.wait().unwrap();
        let log = || std::fs::read_to_string(self.socket.with_file_name("log")).unwrap_or_default();
        assert_eq!(status.signal(), Some(9), "it ended in another way: {status}\n{}", log());
        self.station.filter(|_| !killed).unwrap_or("random")
    }

    /// Stops it politely.
    pub(crate) fn stop(mut self, signal: Signal) {
        self.signal(signal);
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(143), "{status}");
    }
}
