//! Wasmtime alone, with a thread for each client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use dormouse_bench::{Bare, tuned};
use futures::future::{join_all, select};
use peer_protocol::{About, Cost, Pace, Peer, Refusal, Task, clients, nanoseconds, paced, rested};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use wasmtime::{Cache, CacheConfig};

use crate::Args;
use crate::setup::{PATIENCE, guest, program};

pub(crate) struct Alone {
    args: Args,
    runtime: Arc<Runtime>,
    compiled: BTreeMap<&'static str, Arc<Bare>>,
    held: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Alone {
    pub(crate) fn new(args: Args, runtime: Runtime) -> Self {
        Self { args, runtime: Arc::new(runtime), compiled: BTreeMap::new(), held: None }
    }

    fn program(&mut self, name: &'static str) -> anyhow::Result<Arc<Bare>> {
        if let Some(known) = self.compiled.get(name) {
            return Ok(known.clone());
        }
        let bytes = guest(&self.args.guests, name)?;
        // One engine for all, as a host has.
        let compiled = match self.compiled.values().next() {
            Some(other) => other.another(&bytes),
            None => {
                let mut config = tuned(self.args.slots);
                if let Some(directory) = &self.args.cache {
                    let mut cache = CacheConfig::new();
                    cache.with_directory(directory);
                    config.cache(Some(Cache::new(cache).map_err(|error| anyhow!("{error:?}"))?));
                }
                Bare::on(&config, &bytes)
            }
        };
        let compiled = Arc::new(compiled);
        self.compiled.insert(name, compiled.clone());
        Ok(compiled)
    }
}

impl Peer for Alone {
    fn about(&self) -> About {
        About {
            peer: "bare wasmtime".to_owned(),
            version: "48.0.8".to_owned(),
            isolation: "an instance for each run".to_owned(),
            durability: "none: nothing is written down".to_owned(),
        }
    }

    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal> {
        let (bare, runtime) = (self.program(program(task))?, &self.runtime);
        clients(runs, concurrency, || {
            runtime.block_on(bare.runs(1));
            Ok(())
        })
    }

    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal> {
        let bare = self.program("task-first")?;
        rested(samples, rest, |trigger| Ok(first(&self.runtime, &bare, trigger)?))
    }

    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        concurrency: u32,
    ) -> Result<Vec<u64>, Refusal> {
        let bare = self.program("task-first")?;
        let pace = Pace { samples, every, threads: concurrency };
        paced(pace, |trigger| Ok(first(&self.runtime, &bare, trigger)?))
    }

    /// All of them by one thread: waiting guests need none of their own.
    fn hold(&mut self, runs: u32) -> Result<(), Refusal> {
        let (bare, runtime) = (self.program("task-wait")?, self.runtime.clone());
        let ((told, there), (release, released)) = (channel(), oneshot::channel());
        let thread = thread::spawn(move || {
            let all = (0..runs).map(|_| bare.told(told.clone()));
            // Dropping them is their end.
            drop(runtime.block_on(select(Box::pin(join_all(all)), released)));
        });
        self.held = Some((release, thread));
        entered(&there, runs)?;
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refusal> {
        if let Some((release, thread)) = self.held.take() {
            let _ = release.send(());
            thread.join().map_err(|_| anyhow!("a run that was held has panicked"))?;
        }
        Ok(())
    }

    fn kill(&mut self, samples: u32) -> Result<Vec<u64>, Refusal> {
        let bare = self.program("task-spin")?;
        let one = |_| {
            let (spins, runtime, (told, there)) = (bare.clone(), self.runtime.clone(), channel());
            let run = thread::spawn(move || {
                let ended = runtime.block_on(spins.interruptible(told));
                (ended.is_err(), Instant::now())
            });
            entered(&there, 1)?;
            let killed = Instant::now();
            bare.interrupt();
            let (ended, when) = run.join().map_err(|_| anyhow!("a run that was killed has panicked"))?;
            if !ended {
                return Err(Refusal::Failed(anyhow!("a run that never returns has returned")));
            }
            Ok(nanoseconds(when.saturating_duration_since(killed)))
        };
        (0..samples).map(one).collect()
    }
}

/// Nanoseconds from the trigger to the guest's first call.
fn first(runtime: &Runtime, bare: &Bare, trigger: Instant) -> anyhow::Result<u64> {
    let (told, first): (Sender<Instant>, _) = channel();
    runtime.block_on(bare.told(told)).map_err(|trap| anyhow!("{trap:?}"))?;
    let first = first.try_recv().context("the guest has not called its host")?;
    Ok(nanoseconds(first.saturating_duration_since(trigger)))
}

fn entered(there: &Receiver<Instant>, runs: u32) -> anyhow::Result<()> {
    for nth in 0..runs {
        there.recv_timeout(PATIENCE).with_context(|| format!("only {nth} of {runs} guests are there"))?;
    }
    Ok(())
}
