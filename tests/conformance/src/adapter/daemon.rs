//! The adapter for `dormouse serve`: a process on a temporary state directory, asked over its control API, in real time.

mod acts;
mod process;

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use dormouse::TokioClock;
use dormouse_core::{Clock as _, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::Adapter;
use super::as_told::Told;
use super::{commands, library};
use crate::protocol::{Capability, Event, Hello, HostSettings, Now, Op, Reply};
use acts::Acts;
use process::{Process, pause};

/// What a daemon cannot be made to do.
const CAN_NOT: [Capability; 2] = [Capability::SimClock, Capability::Machine];

/// So long nothing happens before nothing more is expected to.
const QUIET: Duration = Duration::from_millis(400);

/// The longest that quiet is waited for.
const QUIET_MAX: Duration = Duration::from_secs(30);

/// The daemon.
#[derive(Debug)]
pub struct DaemonAdapter {
    program: PathBuf,
    version: String,
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
    /// It cannot be run, or no runtime can be made to ask it from.
    pub fn new(program: PathBuf) -> io::Result<Self> {
        let version = commands::version(&program)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = TokioClock::new(runtime.handle().clone());
        Ok(Self { program, version, runtime, clock, host: None })
    }

    fn open(&mut self, settings: &HostSettings) -> Result<(), Reply> {
        self.host = None;
        let flags = flags(settings)?;
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

    fn act(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Result<Reply, Reply> {
        let Some(host) = &mut self.host else { return Err(Reply::failed("no host was opened")) };
        if let Op::Pass { ms } | Op::Advance { ms } = op {
            let (until, eager) =
                (self.clock.now() + Duration::from_millis(ms), matches!(op, Op::Pass { .. }));
            host.let_pass(until, eager, &self.clock, tell)?;
            return Ok(Reply::ok(Now { at_ms: host.told.at_ms(self.clock.wall()) }));
        }
        let clock = &self.clock;
        let Some(process) = &mut host.process else { return Err(Reply::failed("the host does not run")) };
        match op {
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
        let can = Capability::ALL.iter().filter(|can| !CAN_NOT.contains(can)).copied();
        Hello::new("dormouse serve", &self.version, can.collect())
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
            op => self.act(op, tell),
        };
        let reply = reply.unwrap_or_else(|reply| reply);
        let Some(host) = &mut self.host else { return reply };
        if let Err(reply) = host.tell(tell) {
            return reply;
        }
        if ends {
            host.process = None;
        }
        reply
    }
}

impl Host {
    /// Lets time pass; if `eager`, no longer than until something was told. Answers whether something was.
    fn let_pass(
        &mut self,
        until: Instant,
        eager: bool,
        clock: &TokioClock,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), Reply> {
        loop {
            let left = until.since(clock.now());
            match &mut self.process {
                Some(process) => process.wait(left, clock, eager),
                // While there is no host, time passes all the same.
                None => pause(left),
            }
            if self.tell(tell)? && eager || left.is_zero() {
                return Ok(());
            }
        }
    }

    /// Tells what the host printed. Answers whether there was anything to tell.
    fn tell(&mut self, tell: &mut dyn FnMut(Event)) -> Result<bool, Reply> {
        let Some(process) = &mut self.process else { return Ok(false) };
        let mut any = false;
        for told in process.events() {
            let event = self.told.event(told);
            let event =
                event.map_err(|error| Reply::failed(format_args!("an event is not understood: {error}")));
            if let Some(event) = event? {
                any = true;
                tell(event);
            }
        }
        Ok(any)
    }
}

/// The flags for a host that is set so.
fn flags(settings: &HostSettings) -> Result<Vec<String>, Reply> {
    let HostSettings { slots, slots_per_app, quarantine_after, registrations_per_app, access } = settings;
    if registrations_per_app.is_some() {
        let why = "the daemon has no flag for the registrations of one app";
        return Err(Reply::Unsupported(why.to_owned()));
    }
    let number = |number: &Option<u32>| number.map(|number| number.to_string());
    let flags = [
        ("--slots", number(slots)),
        ("--slots-per-app", number(slots_per_app)),
        ("--quarantine-after", number(quarantine_after)),
        ("--access-default", access.map(|decided| library::access(decided).to_string())),
    ];
    let set = flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
    Ok(set.flatten().collect())
}
