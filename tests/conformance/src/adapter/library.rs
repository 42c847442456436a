//! The adapter for the library in this process: a host on simulated time. Commands alone run in real time.
//!
//! Each life of the host is a thread with a [`Rig`]; what outlives it is the store, the clock and the folders.

mod acts;
mod command;

use std::fmt;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{HostBuilder, MemoryStore};
use dormouse_core::ids::SequentialIds;
use dormouse_core::{Clock as _, IdSource, SimClock, Store};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Adapter;
use super::as_told::Told;
use crate::protocol::{App, Capability, Event, Hello, HostSettings, Now, Op, Program, Reply};

/// The library, in one case.
#[derive(Default)]
struct Library {
    world: Option<World>,
    life: Option<Life>,
}

/// What outlives a host.
#[derive(Clone)]
struct World {
    settings: HostSettings,
    store: Arc<dyn Store>,
    clock: SimClock,
    ids: Ids,
    folders: Arc<TempDir>,
    apps: Vec<(App, Program)>,
}

/// Ids for several lives: none of them comes twice.
#[derive(Clone, Debug, Default)]
struct Ids(Arc<SequentialIds>);

impl IdSource for Ids {
    fn fresh(&self) -> uuid::Uuid {
        self.0.fresh()
    }
}

/// What is to be done, and where what came of it goes.
type Task = (Op, mpsc::Sender<Done>);

/// What came of it: what happened meanwhile, and the answer.
type Done = (Vec<Event>, Reply);

pub(super) use acts::{access, signaled};

#[derive(Debug)]
struct Life {
    to: UnboundedSender<Task>,
    thread: thread::JoinHandle<()>,
}

impl Life {
    fn begin(world: World, told: Arc<Mutex<Told>>) -> Self {
        let (to, tasks) = unbounded_channel();
        let thread = thread::spawn(move || live(&world, tasks, &told));
        Self { to, thread }
    }

    /// Has something done; none if the host fell over it.
    fn done(&self, op: Op) -> Option<Done> {
        let (answer, answered) = mpsc::channel();
        self.to.send((op, answer)).ok()?;
        answered.recv().ok()
    }

    /// Waits until nothing of it is left.
    fn end(self) {
        drop(self.to);
        // What it panicked over was told to whoever asked last.
        let _ = self.thread.join();
    }
}

fn live(world: &World, mut tasks: UnboundedReceiver<Task>, told: &Mutex<Told>) {
    let configure = |builder| configure(builder, world);
    Rig::run_on(world.store.clone(), world.clock.clone(), configure, async |rig| {
        let mut host = acts::Acts::new(rig, told);
        for (app, program) in &world.apps {
            if let Err(reply) = host.install(app, program) {
                // Whoever started it is told.
                if let Some((_, answer)) = tasks.recv().await {
                    let _ = answer.send((Vec::new(), reply));
                }
                return;
            }
        }
        while let Some((op, answer)) = tasks.recv().await {
            let is_last = matches!(op, Op::Stop | Op::Crash | Op::Close);
            let reply = host.act(op).await;
            let _ = answer.send(match host.events() {
                Ok(events) => (events, reply),
                Err(error) => (Vec::new(), Reply::failed(error)),
            });
            if is_last {
                return;
            }
        }
    });
}

fn configure(mut builder: HostBuilder, world: &World) -> HostBuilder {
    builder = builder.ids(world.ids.clone());
    #[expect(clippy::disallowed_methods, reason = "the folders are this adapter's own, and temporary")]
    let dir = cap_std::fs::Dir::open_ambient_dir(world.folders.path(), cap_std::ambient_authority());
    // Without it, a program that wants its folder says so.
    if let Ok(dir) = dir {
        builder = builder.app_folders(dir);
    }
    let HostSettings {
        slots,
        slots_per_app,
        quarantine_after,
        registrations_per_app,
        access: access_default,
    } = &world.settings;
    if let Some(slots) = slots {
        builder = builder.slots(*slots);
    }
    if let Some(slots) = slots_per_app {
        builder = builder.slots_per_app(*slots);
    }
    if let Some(after) = quarantine_after {
        builder = builder.quarantine_after(*after);
    }
    if let Some(max) = registrations_per_app.and_then(|max| usize::try_from(max).ok()) {
        builder = builder.registrations_per_app(max);
    }
    if let Some(decided) = access_default {
        builder = builder.access_default(access(*decided));
    }
    builder
}

impl Library {
    fn open(&mut self, settings: HostSettings) -> Reply {
        self.close();
        let folders = match tempfile::tempdir() {
            Ok(folders) => Arc::new(folders),
            Err(error) => return Reply::failed(error),
        };
        self.world = Some(World {
            settings,
            store: Arc::new(MemoryStore::new()),
            clock: SimClock::new(),
            ids: Ids::default(),
            folders,
            apps: Vec::new(),
        });
        Reply::done()
    }

    /// Lets time pass while there is no host.
    fn wait(&self, ms: u64, told: &Option<Arc<Mutex<Told>>>) -> Reply {
        let (Some(world), Some(told)) = (&self.world, told) else {
            return Reply::failed("no host was opened");
        };
        world.clock.advance(Duration::from_millis(ms));
        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
        Reply::ok(Now { at_ms: told.at_ms(world.clock.wall()) })
    }

    fn close(&mut self) {
        if let Some(life) = self.life.take() {
            life.end();
        }
        self.world = None;
    }
}

/// The adapter for the library, with what it told so far.
#[derive(Default)]
pub struct LibraryAdapter {
    library: Library,
    told: Option<Arc<Mutex<Told>>>,
}

impl fmt::Debug for LibraryAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibraryAdapter").field("runs", &self.library.life.is_some()).finish_non_exhaustive()
    }
}

impl Adapter for LibraryAdapter {
    fn hello(&self) -> Hello {
        Hello::new("dormouse library", env!("CARGO_PKG_VERSION"), Capability::ALL.to_vec())
    }

    fn handle(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply {
        let library = &mut self.library;
        match op {
            Op::Open { host, .. } => {
                let reply = library.open(host);
                let Some(world) = &library.world else { return reply };
                let told = Told::from(world.clock.wall());
                let told = Arc::new(Mutex::new(told));
                library.life = Some(Life::begin(world.clone(), told.clone()));
                self.told = Some(told);
                reply
            }
            Op::Close => {
                library.close();
                Reply::done()
            }
            Op::Start => match (&library.world, &self.told, &library.life) {
                (Some(world), Some(told), None) => {
                    library.life = Some(Life::begin(world.clone(), told.clone()));
                    // What it finds is found now.
                    match self.forward(Op::Pass { ms: 0 }, tell) {
                        Reply::Ok(_) => Reply::done(),
                        other => other,
                    }
                }
                _ => Reply::failed("there is no host that was stopped"),
            },
            Op::Command { program, args, env, stdin, limits } => {
                command::run(&program, &args, &env, stdin, &limits).unwrap_or_else(|reply| reply)
            }
            Op::Pass { ms } | Op::Advance { ms } if library.life.is_none() => library.wait(ms, &self.told),
            op => self.forward(op, tell),
        }
    }
}

impl LibraryAdapter {
    fn forward(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply {
        let library = &mut self.library;
        let Some(life) = &library.life else { return Reply::failed("no host runs") };
        let ends = matches!(op, Op::Stop | Op::Crash);
        let installs =
            if let Op::Install { app, program } = &op { Some((app.clone(), program.clone())) } else { None };
        let Some((events, reply)) = life.done(op) else {
            if let Some(life) = library.life.take() {
                life.end();
            }
            return Reply::failed("the host panicked; standard error has more");
        };
        events.into_iter().for_each(tell);
        if let (Some(app), Some(world), Reply::Ok(_)) = (installs, &mut library.world, &reply) {
            world.apps.push(app);
        }
        if ends && let Some(life) = library.life.take() {
            life.end();
        }
        reply
    }
}
