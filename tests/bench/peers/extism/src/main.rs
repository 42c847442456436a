//! Extism, as a peer of the bench.
//!
//! ```text
//! peer-extism PLUGINS isolated|reused [pooling]
//! ```
//!
//! PLUGINS is the folder of the compiled package `extism-plugins`. Each plug-in is compiled once, when it is needed first.
//! `isolated` makes an instance for each run, as Dormouse does; `reused` keeps one for each client, so that a run finds
//! what the one before has left. With `pooling`, wasmtime's pooling allocator is on, as Extism lets its embedder ask.

mod host;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use extism::{CompiledPlugin, Plugin, PluginBuilder, UserData};
use peer_protocol::{About, Cost, Pace, Peer, Refusal, Task, clients, nanoseconds, paced, rested, serve};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::host::{Host, first};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("where are the plug-ins?")?.into();
    let reused = match arguments.next().as_deref() {
        Some("isolated") => false,
        Some("reused") => true,
        _ => bail!("`isolated` or `reused`?"),
    };
    let pooling = match arguments.next().as_deref() {
        None => false,
        Some("pooling") => true,
        Some(other) => bail!("what is `{other}`?"),
    };
    let compiled = BTreeMap::new();
    serve(&mut Extism { folder, reused, pooling, compiled, host: Arc::default(), held: Vec::new() })
}

struct Extism {
    folder: PathBuf,
    reused: bool,
    pooling: bool,
    compiled: BTreeMap<&'static str, Arc<Compiled>>,
    host: Arc<Host>,
    held: Vec<JoinHandle<anyhow::Result<()>>>,
}

/// A plug-in, ready to be instantiated, with the instances that are used again.
struct Compiled {
    plugin: CompiledPlugin,
    idle: Option<Mutex<Vec<Plugin>>>,
}

impl Peer for Extism {
    fn about(&self) -> About {
        let pooling = if self.pooling { ", pooling allocator" } else { "" };
        let isolation = match self.reused {
            false => format!("an instance for each run{pooling}"),
            true => format!("an instance for each client, used again for each run{pooling}"),
        };
        About {
            peer: "extism".to_owned(),
            version: "1.30.0".to_owned(),
            isolation,
            durability: "none: nothing is written down".to_owned(),
        }
    }

    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal> {
        let task = self.plugin(task.as_str())?;
        clients(runs, concurrency, || Ok(task.run()?))
    }

    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal> {
        let task = self.plugin("first")?;
        rested(samples, rest, |trigger| Ok(task.first(trigger)?))
    }

    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        concurrency: u32,
    ) -> Result<Vec<u64>, Refusal> {
        let task = self.plugin("first")?;
        paced(Pace { samples, every, threads: concurrency }, |trigger| Ok(task.first(trigger)?))
    }

    fn hold(&mut self, runs: u32) -> Result<(), Refusal> {
        let task = self.plugin("wait")?;
        for _ in 0..runs {
            let task = task.clone();
            self.held.push(thread::Builder::new().spawn(move || task.run())?);
        }
        self.host.entered(runs)?;
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refusal> {
        self.host.open();
        let held: Vec<_> = self.held.drain(..).map(JoinHandle::join).collect();
        self.host.close();
        for run in held {
            run.map_err(|_| anyhow!("a held run has panicked"))??;
        }
        Ok(())
    }

    fn kill(&mut self, samples: u32) -> Result<Vec<u64>, Refusal> {
        let task = self.plugin("spin")?;
        let one = |_| {
            let mut plugin = task.instance()?;
            let handle = plugin.cancel_handle();
            let run = thread::spawn(move || {
                let ended = plugin.call::<(), ()>("run", ());
                drop(plugin);
                (ended.is_err(), Instant::now())
            });
            self.host.entered(1)?;
            let killed = Instant::now();
            handle.cancel()?;
            let (ended, when) = run.join().map_err(|_| anyhow!("a run that was killed has panicked"))?;
            if !ended {
                return Err(Refusal::Failed(anyhow!("a run that never returns has returned")));
            }
            Ok(nanoseconds(when.saturating_duration_since(killed)))
        };
        (0..samples).map(one).collect()
    }
}

impl Extism {
    fn plugin(&mut self, task: &'static str) -> anyhow::Result<Arc<Compiled>> {
        if let Some(known) = self.compiled.get(task) {
            return Ok(known.clone());
        }
        let path = self.folder.join(task).with_extension("wasm");
        let bytes = std::fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        let mut builder = PluginBuilder::new(bytes);
        // What is given to a plug-in is linked anew for each instance, whether it is called or not.
        if let Some((name, function)) = Host::function(&self.host, task) {
            let function = move |_: &mut _, _: &[_], _: &mut [_], _| function();
            builder = builder.with_function(name, [], [], UserData::new(()), function);
        }
        if self.pooling {
            builder = builder.with_wasmtime_config(pooling());
        }
        let plugin = builder.compile().with_context(|| format!("`{task}` does not compile"))?;
        let idle = self.reused.then(Mutex::default);
        let compiled = Arc::new(Compiled { plugin, idle });
        self.compiled.insert(task, compiled.clone());
        Ok(compiled)
    }
}

impl Compiled {
    fn instance(&self) -> anyhow::Result<Plugin> {
        Plugin::new_from_compiled(&self.plugin)
    }

    fn run(&self) -> anyhow::Result<()> {
        let Some(idle) = &self.idle else { return self.instance()?.call("run", ()) };
        let waits = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut plugin = match waits {
            Some(plugin) => plugin,
            None => self.instance()?,
        };
        plugin.call::<(), ()>("run", ())?;
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(plugin);
        Ok(())
    }

    /// Nanoseconds from the trigger to the plug-in's first call of its host.
    fn first(&self, trigger: Instant) -> anyhow::Result<u64> {
        self.run()?;
        let first = first();
        ensure!(first.is_some(), "the plug-in has not called its host");
        Ok(first.map_or(0, |first| nanoseconds(first.saturating_duration_since(trigger))))
    }
}

/// Plug-ins at once. Each is two instances with a memory each: its own, and that of Extism's part in the sandbox.
const PLUGINS: u32 = 2000;

/// As Dormouse's engine is, where a plug-in of Extism needs the same.
fn pooling() -> Config {
    let mut pools = PoolingAllocationConfig::new();
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pools.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(2 << 20).table_keep_resident(64 << 10);
    }
    pools.max_memory_size(512 << 20).table_elements(32 * 1024);
    pools.total_core_instances(2 * PLUGINS).total_memories(2 * PLUGINS).total_tables(2 * PLUGINS);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pools));
    config
}
