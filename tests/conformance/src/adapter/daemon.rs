//! The adapter for `dormouse serve`: a process on a temporary state directory, asked over its control API, in real time.

mod acts;
mod process;

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use dormouse::TokioClock;
use dormouse_core::Clock as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::Adapter;
use super::as_told::Told;
use super::commands;
use crate::protocol::{Capability, Event, Hello, HostSettings, Now, Op, PROTOCOL, Reply};
use acts::Acts;
use process::Process;

/// What a daemon cannot be made to do.
const CAN_NOT: [Capability; 3] = [Capability::SimClock, Capability::Machine, Capability::Quota];

/// So long nothing happens before nothing more is expected to.
const QUIET: Duration = Duration::from_millis(400);

/// The longest that quiet is waited for.
const QUIET_MAX: Duration = Duration::from_secs(30);

/// The daemon.
#[derive(Debug)]
pub struct DaemonAdapter {
    program: PathBuf,
    runtime: Runtime,
    clock: TokioClock,
    host: Option<Host>,
}

/// A state directory, and the process on it.
#[derive(Debug)]
struct Host {
    told: Told,
    flags: Vec<String>,
    state: TempDir,
    process: Option<Process>,
    acts: Acts,
}

impl DaemonAdapter {
    /// For the program at this path.
    ///
    /// # Errors
    ///
    /// No runtime can be made to ask it from.
    pub fn new(program: PathBuf) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = TokioClock::new(runtime.handle().clone());
        Ok(Self { program, runtime, clock, host: None })
    }

    fn open(&mut self, settings: &HostSettings) -> Result<(), Reply> {
        self.host = None;
        let HostSettings { slots, slots_per_app, quarantine_after, registrations_per_app, access } = settings;
        let mut flags = Vec::new();
        if let Some(slots) = slots {
            flags.extend(["--slots".to_owned(), slots.to_string()]);
        }
        if let Some(after) = quarantine_after {
            flags.extend(["--quarantine-after".to_owned(), after.to_string()]);
        }
        let not = [slots_per_app.is_some(), registrations_per_app.is_some(), access.is_some()];
        if not.contains(&true) {
            let why =
                "the daemon has no flag for the slots or registrations of one app, or for the access of all";
            return Err(Reply::Unsupported(why.to_owned()));
        }
        let state = tempfile::Builder::new()
            .prefix("dormouse-conform-")
            // A host refuses a state that is open to others.
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(Reply::failed)?;
        let told = Told::from(self.clock.wall());
        // A host grants nothing that lies in its own state.
        let files = tempfile::tempdir().map_err(Reply::failed)?;
        let acts = Acts::new(state.path(), files);
        self.host = Some(Host { told, flags, state, process: None, acts });
        self.start()
    }

    fn start(&mut self) -> Result<(), Reply> {
        let Some(host) = &mut self.host else { return Err(Reply::failed("no host was opened")) };
        if host.process.is_some() {
            return Err(Reply::failed("the host runs already"));
        }
        let process = Process::start(&self.program, host.state.path(), &host.flags).map_err(Reply::failed)?;
        let process = host.process.insert(process);
        self.runtime.block_on(process.ready(host.acts.client(), &self.clock)).map_err(Reply::failed)
    }

    fn act(&mut self, op: Op) -> Result<Reply, Reply> {
        let clock = &self.clock;
        let Some(host) = &mut self.host else { return Err(Reply::failed("no host was opened")) };
        let Some(process) = &mut host.process else { return Err(Reply::failed("the host does not run")) };
        let at = |told: &Told| Ok(Reply::ok(Now { at_ms: told.at_ms(clock.wall()) }));
        match op {
            Op::Pass { ms } => {
                process.wait(Duration::from_millis(ms), clock, true);
                at(&host.told)
            }
            Op::Advance { ms } => {
                process.wait(Duration::from_millis(ms), clock, false);
                at(&host.told)
            }
            Op::Settle => {
                process.quiet(QUIET, QUIET_MAX, clock);
                Ok(Reply::done())
            }
            Op::Stop => {
                process.stop().map_err(Reply::failed)?;
                Ok(Reply::done())
            }
            Op::Crash => {
                process.kill().map_err(Reply::failed)?;
                Ok(Reply::done())
            }
            op => self.runtime.block_on(host.acts.act(op)),
        }
    }
}

impl Adapter for DaemonAdapter {
    fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL,
            name: "dormouse serve".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: Capability::ALL.iter().filter(|can| !CAN_NOT.contains(can)).copied().collect(),
        }
    }

    fn handle(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply {
        let ends = matches!(op, Op::Stop | Op::Crash);
        let reply = match op {
            Op::Open { host, .. } => self.open(&host).map(|()| Reply::done()),
            Op::Start => self.start().map(|()| Reply::done()),
            Op::Close => {
                self.host = None;
                return Reply::done();
            }
            Op::Command { program, args, env, stdin, limits } => {
                return commands::dormouse(&self.program, &program.path, &args, &env, &stdin, &limits);
            }
            op => self.act(op),
        };
        let reply = reply.unwrap_or_else(|reply| reply);
        let Some(host) = &mut self.host else { return reply };
        let Some(process) = &mut host.process else { return reply };
        for told in process.events() {
            match host.told.event(told) {
                Ok(Some(event)) => tell(event),
                Ok(None) => {}
                Err(error) => return Reply::failed(format_args!("an event is not understood: {error}")),
            }
        }
        if ends {
            host.process = None;
        }
        reply
    }
}
