//! A process for each run, as a peer of the bench: a program of its own, or `wasmtime run`.
//!
//! ```text
//! peer-process NAME VERSION ISOLATION PROGRAM [ARGUMENT]...
//! ```
//!
//! `{task}` in PROGRAM and its arguments becomes the name of what is run: `noop`, `json`, `thumbnail`, `first`, `wait` or
//! `spin`, of the package `bench-programs`.
//!
//! A run is `posix_spawn` (which does not copy this process's memory), the program, and `waitpid`, and its exit code is
//! looked at. It is started by a thread that waits for it, as many threads as clients.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use peer_protocol::{
    About, Cost, Pace, Peer, Refusal, Task, clients, lateness, nanoseconds, paced, rested, serve,
};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let about = About {
        peer: next("the peer's name")?,
        version: next("the version")?,
        isolation: next("what isolates a run")?,
        durability: "none: nothing is written down".to_owned(),
    };
    serve(&mut Processes { about, command: arguments.collect(), held: Vec::new() })
}

struct Processes {
    about: About,
    command: Vec<String>,
    held: Vec<Child>,
}

impl Peer for Processes {
    fn about(&self) -> About {
        self.about.clone()
    }

    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal> {
        let task = task.as_str();
        clients(runs, concurrency, || Ok(ended_well(self.start(task)?)?))
    }

    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal> {
        rested(samples, rest, |trigger| Ok(self.first(trigger)?))
    }

    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        concurrency: u32,
    ) -> Result<Vec<u64>, Refusal> {
        paced(Pace { samples, every, threads: concurrency }, |trigger| Ok(self.first(trigger)?))
    }

    fn hold(&mut self, runs: u32) -> Result<(), Refusal> {
        for _ in 0..runs {
            let mut child = self.start("wait")?;
            moment(&mut child)?;
            self.held.push(child);
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refusal> {
        for mut child in self.held.drain(..) {
            // Which ends its input.
            drop(child.stdin.take());
            ended_well(child)?;
        }
        Ok(())
    }

    fn kill(&mut self, samples: u32) -> Result<Vec<u64>, Refusal> {
        let one = |_| {
            let mut child = self.start("spin")?;
            moment(&mut child)?;
            let killed = Instant::now();
            child.kill()?;
            child.wait()?;
            Ok(nanoseconds(killed.elapsed()))
        };
        (0..samples).map(one).collect()
    }
}

impl Processes {
    fn start(&self, task: &str) -> anyhow::Result<Child> {
        let mut words = self.command.iter().map(|word| word.replace("{task}", task));
        let program = words.next().context("which program?")?;
        let (stdin, stdout) = match task {
            "first" | "spin" => (Stdio::null(), Stdio::piped()),
            "wait" => (Stdio::piped(), Stdio::piped()),
            _ => (Stdio::null(), Stdio::null()),
        };
        let mut command = Command::new(&program);
        command.args(words).stdin(stdin).stdout(stdout);
        command.spawn().with_context(|| format!("`{program}` does not start"))
    }

    /// Nanoseconds from the trigger to the first thing that the program does.
    fn first(&self, trigger: Instant) -> anyhow::Result<u64> {
        let begun = SystemTime::now() - trigger.elapsed();
        let mut child = self.start("first")?;
        let first = moment(&mut child)?;
        ended_well(child)?;
        lateness(begun.duration_since(UNIX_EPOCH)?, first)
    }
}

/// The moment that the program tells when it begins: the time since 1970.
fn moment(child: &mut Child) -> anyhow::Result<Duration> {
    let mut moment = [0; 8];
    let Some(out) = &mut child.stdout else { bail!("the output of a program is not read") };
    out.read_exact(&mut moment).context("a program ended before it said that it began")?;
    Ok(Duration::from_nanos(u64::from_le_bytes(moment)))
}

fn ended_well(mut child: Child) -> anyhow::Result<()> {
    let status = child.wait()?;
    ensure!(status.success(), "a program ended with {status}");
    Ok(())
}
