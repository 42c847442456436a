//! Dormouse, as a peer of the bench.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use dormouse::core::Timestamp;
use dormouse::{
    ActivationId, Allocator, Cancellation, CancellationReason, Completion, Host, IfExists, MemoryStore,
    RegistrationId, RunId, TaskBuilder, TimeTrigger, Trigger,
};
use futures::FutureExt as _;
use futures::future::{Either, join_all, ready, try_join_all};
use peer_protocol::{About, Cost, Meter, Pace, Peer, Refusal, Task, lateness, nanoseconds, paced};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::heard::{First, Heard};
use crate::setup::{Setup, app, program};
use crate::{Args, On, history};

/// Firings and registrations that are made at once: as many as share a commit.
const AT_ONCE: u64 = 1000;

/// How long a guest has to get from its first call to where it waits.
const SETTLE: Duration = Duration::from_millis(3);

/// No day that comes while the bench runs.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(crate) struct Dormouse {
    args: Args,
    runtime: Runtime,
    /// None after a restart that failed.
    setup: Option<Setup>,
    held: Vec<(RunId, ActivationId)>,
    timers: u64,
}

impl Dormouse {
    pub(crate) fn new(args: Args, runtime: Runtime) -> anyhow::Result<Self> {
        let setup = runtime.block_on(Setup::new(&args, false))?;
        Ok(Self { args, runtime, setup: Some(setup), held: Vec::new(), timers: 0 })
    }

    fn setup(&self) -> anyhow::Result<&Setup> {
        self.setup.as_ref().context("the host was not started again")
    }

    fn registration(&mut self, name: &'static str) -> anyhow::Result<(Host, RegistrationId)> {
        let setup = self.setup.as_mut().context("the host was not started again")?;
        let id = self.runtime.block_on(setup.registration(&self.args, name))?;
        Ok((setup.host.clone(), id))
    }

    /// Who hears of guests, with nothing heard yet.
    fn heard(&self) -> anyhow::Result<Arc<Heard>> {
        let heard = self.setup()?.ear.clone().context("this needs `--watched`")?;
        heard.forget();
        Ok(heard)
    }
}

impl Peer for Dormouse {
    fn about(&self) -> About {
        let isolation = match self.args.on {
            On::Prelaunched => "the instance of its app, which is there",
            _ => match self.setup.as_ref().map(|setup| setup.host.engine().allocator()) {
                Some(Allocator::OnDemand { .. }) => {
                    "an instance for each run, budgets, cancellation, memory from the system and not from pools"
                }
                _ => "an instance for each run, budgets, cancellation",
            },
        };
        let durability = match self.args.on {
            On::SqliteFull => "SQLite, WAL, synchronous=FULL: fdatasync for each commit",
            On::SqliteNormal => "SQLite, WAL, synchronous=NORMAL: fdatasync for each checkpoint",
            _ => "none: kept in memory",
        };
        About {
            peer: "dormouse".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            isolation: isolation.to_owned(),
            durability: durability.to_owned(),
        }
    }

    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal> {
        if self.args.on == On::Prelaunched && task != Task::Noop {
            return Err(Refusal::Unsupported(
                "what isolates a run is measured with nothing in it".to_owned(),
            ));
        }
        let (host, id) = self.registration(program(task))?;
        Ok(self.runtime.block_on(clients(&host, id, runs, concurrency.into()))?)
    }

    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal> {
        let ((host, id), heard) = (self.registration("task-first")?, self.heard()?);
        let latencies = self.runtime.block_on(async {
            let mut latencies = Vec::new();
            for _ in 0..samples {
                // A timer rounds up, to a millisecond.
                if !rest.is_zero() {
                    tokio::time::sleep(rest).await;
                }
                let trigger = Instant::now();
                let run = succeeded(&host, id).await?.run.run;
                latencies.push(since(trigger, heard.first(run))?);
            }
            anyhow::Ok(latencies)
        })?;
        Ok(latencies)
    }

    /// Threads as many as wasmtime alone has, which wait for no run: they ask for each, and what is not over then goes on
    /// elsewhere. One thread would have to come by all of the load, and be late by itself.
    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        concurrency: u32,
    ) -> Result<Vec<u64>, Refusal> {
        let ((host, id), heard) = (self.registration("task-first")?, self.heard()?);
        let runs = paced(Pace { samples, every, threads: concurrency }, |trigger| {
            let host = host.clone();
            let mut run = Box::pin(async move { anyhow::Ok((trigger, succeeded(&host, id).await?.run.run)) });
            let _entered = self.runtime.enter();
            Ok(match run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(over) => Either::Left(ready(over)),
                Poll::Pending => Either::Right(self.runtime.spawn(run).map(|joined| joined?)),
            })
        })?;
        let latencies = self.runtime.block_on(async {
            let mut latencies = Vec::new();
            for run in runs {
                let (trigger, run) = run.await?;
                latencies.push(since(trigger, heard.first(run))?);
            }
            anyhow::Ok(latencies)
        })?;
        Ok(latencies)
    }

    fn hold(&mut self, runs: u32) -> Result<(), Refusal> {
        let slots = self.setup()?.slots;
        if runs > slots {
            return Err(anyhow!("{runs} runs do not fit into {slots} slots").into());
        }
        let ((host, id), heard) = (self.registration("task-wait")?, self.heard()?);
        let activations = self.runtime.block_on(async {
            let mut activations = Vec::new();
            for first in (0..u64::from(runs)).step_by(AT_ONCE as usize) {
                let fired = (first..u64::from(runs).min(first + AT_ONCE)).map(|_| host.request(id, []));
                for fired in try_join_all(fired).await? {
                    activations.push(fired.activation().context("a firing was refused")?);
                }
            }
            anyhow::Ok(activations)
        })?;
        heard.stay(runs as usize)?;
        let going_on = host.running();
        self.held = going_on.into_iter().map(|(run, activation, _)| (run, activation)).collect();
        if self.held.len() != activations.len() {
            return Err(anyhow!("{} of {runs} runs go on", self.held.len()).into());
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refusal> {
        let (host, held) = (self.setup()?.host.clone(), std::mem::take(&mut self.held));
        for (run, _) in &held {
            host.cancel(*run, stop());
        }
        self.runtime.block_on(join_all(held.iter().map(|(_, activation)| host.completed(*activation))));
        Ok(())
    }

    fn kill(&mut self, samples: u32) -> Result<Vec<u64>, Refusal> {
        let ((host, id), heard) = (self.registration("task-spin")?, self.heard()?);
        let one = |_| {
            let (run, activation) = self.there(&host, id, &heard)?;
            let killed = Instant::now();
            if !host.kill(run, stop()) {
                return Err(Refusal::Failed(anyhow!("a run that never ends has ended")));
            }
            let ended = heard.ended(run)?;
            self.runtime.block_on(host.completed(activation))?;
            Ok(nanoseconds(ended.saturating_duration_since(killed)))
        };
        (0..samples).map(one).collect()
    }

    fn cancel(&mut self, samples: u32) -> Result<Vec<u64>, Refusal> {
        let ((host, id), heard) = (self.registration("task-wait")?, self.heard()?);
        let one = |_| {
            let (run, activation) = self.there(&host, id, &heard)?;
            host.cancel(run, stop());
            let completion = self.runtime.block_on(host.completed(activation))?;
            let told = completion.run.receipt.ending.and_then(|ending| ending.told);
            Ok(nanoseconds(told.context("a guest that listens was not told")?))
        };
        (0..samples).map(one).collect()
    }

    fn timers(
        &mut self,
        far: u64,
        due: u32,
        lead: Duration,
        span: Duration,
    ) -> Result<(Duration, Vec<u64>), Refusal> {
        if self.args.on == On::Prelaunched {
            return Err(Refusal::Unsupported("the host in memory has them".to_owned()));
        }
        // Installs the app that they are of.
        let (host, _) = self.registration("task-first")?;
        let heard = if due > 0 { Some(self.heard()?) } else { None };
        let begun = Instant::now();
        self.runtime.block_on(register(&host, self.timers, (0..far).map(|_| YEAR)))?;
        self.timers += far;
        let far_took = begun.elapsed();
        let Some(heard) = heard else { return Ok((far_took, Vec::new())) };

        let begun = Instant::now();
        let after = (0..due).map(|nth| lead + span * nth / due.max(1));
        let after = after.map(|after| after.saturating_sub(begun.elapsed()));
        let timers = self.runtime.block_on(register(&host, self.timers, after))?;
        self.timers += u64::from(due);
        let took = begun.elapsed();
        if took >= lead {
            return Err(anyhow!("registering took {took:?}, which is longer than the lead").into());
        }
        let begun = heard.begun(timers.len())?;
        let lateness = begun.iter().map(|(_, first)| late(&host, first)).collect::<anyhow::Result<_>>()?;
        Ok((far_took + took, lateness))
    }

    /// Between two lives of the host: the store is its own while it runs.
    fn history(&mut self, rows: u64) -> Result<(), Refusal> {
        if !matches!(self.args.on, On::SqliteFull | On::SqliteNormal) {
            let most = MemoryStore::HISTORY_MAX;
            return Err(Refusal::Unsupported(format!("what is in memory keeps the newest {most} runs")));
        }
        let directory = self.args.directory.clone().context("`--directory` is missing")?;
        let setup = self.setup.take().context("the host was not started again")?;
        self.runtime.block_on(setup.close())?;
        history::add(&directory, rows)?;
        self.setup = Some(self.runtime.block_on(Setup::new(&self.args, true))?);
        Ok(())
    }
}

impl Dormouse {
    /// A run that is where it stays, alone.
    fn there(&self, host: &Host, id: RegistrationId, heard: &Heard) -> anyhow::Result<(RunId, ActivationId)> {
        heard.forget();
        let fired = self.runtime.block_on(host.request(id, []))?;
        let activation = fired.activation().context("a firing was refused")?;
        let [(run, _)] = heard.begun(1)?[..] else { return Err(anyhow!("more than one run goes on")) };
        std::thread::sleep(SETTLE);
        Ok((run, activation))
    }
}

/// As many clients, each of which waits for the end of a run before it asks for the next.
async fn clients(host: &Host, id: RegistrationId, runs: u64, clients: u64) -> anyhow::Result<Cost> {
    let meter = Meter::start();
    let mut all = JoinSet::new();
    for client in 0..clients {
        let host = host.clone();
        // So that they are `runs` in all.
        let share = (runs + client) / clients;
        all.spawn(async move {
            for _ in 0..share {
                succeeded(&host, id).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = all.join_next().await {
        client??;
    }
    Ok(meter.cost())
}

async fn succeeded(host: &Host, id: RegistrationId) -> anyhow::Result<Completion> {
    let fired = host.request(id, []).await?;
    let completion = host.completed(fired.activation().context("a firing was refused")?).await?;
    ensure!(completion.run.outcome.is_success(), "a run ended otherwise: {}", completion.run.outcome);
    Ok(completion)
}

/// Registers timers that fire once, each after its span.
async fn register(
    host: &Host,
    first: u64,
    after: impl Iterator<Item = Duration>,
) -> anyhow::Result<Vec<RegistrationId>> {
    let app = app("task-first")?;
    let mut timers = (first..).zip(after).peekable();
    let mut ids = Vec::new();
    while timers.peek().is_some() {
        let some = timers.by_ref().take(AT_ONCE as usize).map(|(number, after)| {
            let task = TaskBuilder::new(format!("timer-{number}"))
                .entry_point("main")
                .trigger(Trigger::Time(TimeTrigger::once(after)));
            host.register(&app, task, IfExists::AllowDuplicate)
        });
        ids.extend(try_join_all(some).await?.into_iter().map(|registered| registered.id));
    }
    Ok(ids)
}

/// Nanoseconds from the moment at which a timer was due to the first thing that its task did.
fn late(host: &Host, first: &First) -> anyhow::Result<u64> {
    let record = host.registration(first.registration).context("a timer is not registered any more")?;
    let Trigger::Time(timer) = &record.registration.trigger else {
        return Err(anyhow!("something else than a timer fired"));
    };
    let due = record.registration.registered_at + timer.every;
    lateness(due.since(Timestamp::EPOCH), first.wall.since(Timestamp::EPOCH))
}

fn since(trigger: Instant, first: Option<First>) -> anyhow::Result<u64> {
    let first = first.context("the guest has not called its host")?;
    Ok(nanoseconds(first.moment.saturating_duration_since(trigger)))
}

fn stop() -> Cancellation {
    Cancellation::new(CancellationReason::Abort, "operator", "a measurement")
}
