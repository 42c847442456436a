//! Who takes part, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use peer_protocol::{Figures, Request};
use tempfile::TempDir;

use crate::Bench;
use crate::build::{Builds, Recipe};
use crate::child::{Peer, Reason};
use crate::proc;
use crate::servers::Server;

/// Everybody. The first is what the ratios are to.
pub(crate) const CONTENDERS: [Contender; 15] = [
    own("bare", "wasmtime alone, tuned as the engine of the host is", "bare"),
    own("memory", "Dormouse, in memory", "memory"),
    own("sqlite", "Dormouse, SQLite, FULL", "sqlite-full"),
    own("sqlite-normal", "Dormouse, SQLite, NORMAL", "sqlite-normal"),
    own("prelaunched", "Dormouse, in memory, in an app that was launched ahead", "prelaunched"),
    peer("extism", "Extism, an instance for each run", Kind::Extism(&["isolated"])),
    peer(
        "extism-pooling",
        "Extism, an instance for each run, pooling allocator",
        Kind::Extism(&["isolated", "pooling"]),
    ),
    peer("extism-reused", "Extism, instances used again", Kind::Extism(&["reused"])),
    peer("process", "a process for each run", Kind::Process),
    peer("wasmtime-run", "`wasmtime run` for each run, compiled ahead", Kind::WasmtimeRun),
    peer("apalis", "apalis, SQLite, FULL", Kind::Apalis("full")),
    peer("apalis-normal", "apalis, SQLite, NORMAL", Kind::Apalis("normal")),
    peer("bullmq", "BullMQ, appendfsync always", Kind::BullMq("always")),
    peer("bullmq-everysec", "BullMQ, appendfsync everysec", Kind::BullMq("everysec")),
    peer("graphile-worker", "Graphile Worker, PostgreSQL", Kind::GraphileWorker),
];

#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// For a row.
    pub(crate) what: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// What `contender` is told to be.
    Own(&'static str),
    Extism(&'static [&'static str]),
    Process,
    WasmtimeRun,
    Apalis(&'static str),
    BullMq(&'static str),
    GraphileWorker,
}

const fn own(name: &'static str, what: &'static str, on: &'static str) -> Contender {
    Contender { name, what, kind: Kind::Own(on) }
}

const fn peer(name: &'static str, what: &'static str, kind: Kind) -> Contender {
    Contender { name, what, kind }
}

/// How a contender of ours is to be; others are as they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct How<'a> {
    /// It tells when guests begin.
    pub(crate) watched: bool,
    /// Runs at once, if not as many as usual.
    pub(crate) slots: Option<u32>,
    /// Where compiled code is kept from one start to the next.
    pub(crate) cache: Option<&'a Path>,
}

/// With observers.
pub(crate) const WATCHED: How<'static> = How { watched: true, slots: None, cache: None };
/// Without.
pub(crate) const PLAIN: How<'static> = How { watched: false, slots: None, cache: None };

impl Contender {
    /// Dormouse, or wasmtime alone.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Own(_))
    }

    /// Dormouse.
    pub(crate) fn is_host(&self) -> bool {
        self.is_ours() && self.name != "bare"
    }

    /// What it answered is on a disk, or will be.
    pub(crate) fn is_durable(&self) -> bool {
        match self.kind {
            Kind::Own(on) => on.starts_with("sqlite"),
            Kind::Extism(_) | Kind::Process | Kind::WasmtimeRun => false,
            Kind::Apalis(_) | Kind::BullMq(_) | Kind::GraphileWorker => true,
        }
    }

    /// Returns when it is ready, on a disk that holds nothing.
    pub(crate) fn start(&self, bench: &Bench, how: How<'_>) -> Result<Started, Reason> {
        self.timed(bench, how).map(|(started, _)| started)
    }

    /// The same, with how long its process took to be ready: its server was there before.
    pub(crate) fn timed(&self, bench: &Bench, how: How<'_>) -> Result<(Started, Duration), Reason> {
        let directory = tempfile::tempdir().map_err(|error| format!("there is no room: {error}"))?;
        self.timed_on(bench, how, directory, None)
    }

    /// The same where it was before, in a process that knows nothing of that one.
    pub(crate) fn start_again(
        &self,
        bench: &Bench,
        how: How<'_>,
        before: Started,
    ) -> Result<Started, Reason> {
        let Started { peer, server, directory } = before;
        drop(peer);
        self.timed_on(bench, how, directory, server).map(|(started, _)| started)
    }

    fn timed_on(
        &self,
        bench: &Bench,
        how: How<'_>,
        directory: TempDir,
        mut server: Option<Server>,
    ) -> Result<(Started, Duration), Reason> {
        let builds = &bench.builds;
        let command = match self.kind {
            Kind::Own(on) => own_command(on, builds, directory.path(), how)?,
            Kind::Extism(settings) => {
                let mut command = Command::new(builds.get(Recipe::Peer("peer-extism"))?);
                command.arg(builds.get(Recipe::Plugins)?).args(settings);
                command.env("EXTISM_CACHE_CONFIG", extism_cache(directory.path(), how.cache)?);
                command
            }
            Kind::Process => {
                let programs = builds.get(Recipe::Programs)?;
                process(builds, ["process", "0.1.0", "a process"], &[&task_in(&programs, "")])?
            }
            Kind::WasmtimeRun => {
                let (wasmtime, compiled) = (builds.get(Recipe::Wasmtime)?, builds.get(Recipe::Compiled)?);
                let wasmtime = wasmtime.display().to_string();
                let task = task_in(&compiled, ".cwasm");
                let about = ["wasmtime run", "48.0.8", "a process and a sandbox"];
                process(builds, about, &[&wasmtime, "run", "--allow-precompiled", &task])?
            }
            Kind::Apalis(synchronous) => {
                let mut command = Command::new(builds.get(Recipe::Peer("peer-apalis"))?);
                command.arg(directory.path()).arg(synchronous);
                command
            }
            Kind::BullMq(appendfsync) => {
                let program = builds.get(Recipe::Node("bullmq"))?;
                node(&program, there(&mut server, || Server::redis(directory.path(), appendfsync))?)
            }
            Kind::GraphileWorker => {
                let program = builds.get(Recipe::Node("graphile-worker"))?;
                node(&program, there(&mut server, || Server::postgresql(directory.path()))?)
            }
        };
        let begun = Instant::now();
        let peer = Peer::start(command)?;
        let took = begun.elapsed();
        Ok((Started { peer, server, directory }, took))
    }
}

fn own_command(on: &str, builds: &Builds, directory: &Path, how: How<'_>) -> Result<Command, Reason> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contender"));
    command.arg(on).arg(builds.get(Recipe::Guests)?).arg("--directory").arg(directory);
    if how.watched {
        command.arg("--watched");
    }
    if let Some(slots) = how.slots {
        command.args(["--slots", &slots.to_string()]);
    }
    if let Some(cache) = how.cache {
        command.arg("--cache").arg(cache);
    }
    Ok(command)
}

fn task_in(folder: &Path, ending: &str) -> String {
    format!("{}{ending}", folder.join("{task}").display())
}

fn process(builds: &Builds, about: [&str; 3], program: &[&str]) -> Result<Command, Reason> {
    let mut command = Command::new(builds.get(Recipe::Peer("peer-process"))?);
    command.args(about).args(program);
    Ok(command)
}

/// The server that is there from before; else a new one.
fn there(
    server: &mut Option<Server>,
    begin: impl FnOnce() -> Result<Server, Reason>,
) -> Result<&Server, Reason> {
    let known = match server.take() {
        Some(known) => known,
        None => begin()?,
    };
    Ok(server.insert(known))
}

fn node(program: &Path, server: &Server) -> Command {
    let mut command = Command::new("node");
    command.arg(program).arg(&server.address).arg(&server.what);
    command
}

/// Wasmtime's cache, which Extism would else keep in the home folder.
fn extism_cache(directory: &Path, kept: Option<&Path>) -> Result<PathBuf, Reason> {
    let config = directory.join("cache.toml");
    let cache = kept.map_or_else(|| directory.join("cache"), |kept| kept.join("extism"));
    std::fs::write(&config, format!("[cache]\ndirectory = {:?}\n", cache.display().to_string()))
        .map_err(|error| format!("the configuration of its cache cannot be written: {error}"))?;
    Ok(config)
}

/// A contender that is ready, with its server, if it has one. Dropping it ends both.
pub(crate) struct Started {
    pub(crate) peer: Peer,
    pub(crate) server: Option<Server>,
    directory: TempDir,
}

impl Started {
    /// What it answers; the CPU time of its server is in it.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Figures, Reason> {
        let before = self.server_cpu_ns();
        let mut figures = self.peer.ask(request)?;
        figures.cpu_ns += self.server_cpu_ns().saturating_sub(before);
        Ok(figures)
    }

    fn server_cpu_ns(&self) -> u64 {
        self.server.as_ref().map_or(0, Server::cpu_ns)
    }

    /// Bytes of memory of all processes, those of its server among them.
    pub(crate) fn pss(&self) -> u64 {
        proc::pss(self.peer.pid()) + self.server.as_ref().map_or(0, |server| proc::pss(server.pid()))
    }

    /// The same, as they are listed: what is shared counts for each.
    pub(crate) fn rss(&self) -> u64 {
        proc::rss(self.peer.pid()) + self.server.as_ref().map_or(0, |server| proc::rss(server.pid()))
    }

    /// Nanoseconds of CPU time of all processes since they were started.
    pub(crate) fn cpu_ns(&self) -> u64 {
        proc::cpu_ns(self.peer.pid()) + self.server_cpu_ns()
    }
}
