//! The loop of a peer: a line in, a line out.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::{About, Figures, Reply, Request, Task};

/// Why a request was not carried out.
#[derive(Debug)]
pub enum Refusal {
    /// This peer has nothing of the kind.
    Unsupported(String),
    /// It went wrong.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A contender. What it does not implement it has nothing for.
pub trait Peer {
    /// What it says of itself.
    fn about(&self) -> About;

    /// See [`Request::Run`].
    ///
    /// # Errors
    ///
    /// A run did not succeed, or this peer has no such task.
    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<(), Refusal>;

    /// See [`Request::IdleLatency`]: nanoseconds, one for each sample.
    ///
    /// # Errors
    ///
    /// A run did not succeed.
    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal>;

    /// See [`Request::LoadedLatency`]: nanoseconds, one for each sample.
    ///
    /// # Errors
    ///
    /// A run did not succeed.
    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        concurrency: u32,
    ) -> Result<Vec<u64>, Refusal>;

    /// See [`Request::Hold`].
    ///
    /// # Errors
    ///
    /// Not that many can be held.
    fn hold(&mut self, runs: u32) -> Result<(), Refusal>;

    /// See [`Request::Release`].
    ///
    /// # Errors
    ///
    /// A run did not end well.
    fn release(&mut self) -> Result<(), Refusal>;

    /// See [`Request::Kill`]: nanoseconds, one for each sample.
    ///
    /// # Errors
    ///
    /// Nothing here ends a task by force, unless implemented.
    fn kill(&mut self, _samples: u32) -> Result<Vec<u64>, Refusal> {
        Err(Refusal::Unsupported("a task that does not listen cannot be ended by itself".to_owned()))
    }

    /// See [`Request::Cancel`]: nanoseconds, one for each sample.
    ///
    /// # Errors
    ///
    /// Nothing here asks a task to stop, unless implemented.
    fn cancel(&mut self, _samples: u32) -> Result<Vec<u64>, Refusal> {
        Err(Refusal::Unsupported("a task that runs is not told to stop".to_owned()))
    }

    /// See [`Request::Timers`]: how long registering took, and nanoseconds of lateness, one for each that came due.
    ///
    /// # Errors
    ///
    /// There are no timers here, unless implemented.
    fn timers(
        &mut self,
        _far: u64,
        _due: u32,
        _lead: Duration,
        _span: Duration,
    ) -> Result<(Duration, Vec<u64>), Refusal> {
        Err(Refusal::Unsupported("there are no timers".to_owned()))
    }

    /// See [`Request::History`].
    ///
    /// # Errors
    ///
    /// Nothing is kept here of what is over, unless implemented.
    fn history(&mut self, _rows: u64) -> Result<(), Refusal> {
        Err(Refusal::Unsupported("nothing is kept of runs that are over".to_owned()))
    }
}

/// Answers requests until there are no more.
///
/// # Errors
///
/// A line is no request, or whoever drives this has gone.
pub fn serve(peer: &mut impl Peer) -> anyhow::Result<()> {
    say(&peer.about())?;
    for line in io::stdin().lock().lines() {
        say(&answer(peer, serde_json::from_str(&line?)?))?;
    }
    Ok(())
}

fn answer(peer: &mut impl Peer, request: Request) -> Reply {
    let (begun, cpu) = (Instant::now(), cpu());
    let done = carry_out(peer, request);
    let (wall, cpu) = (begun.elapsed(), self::cpu().saturating_sub(cpu));
    match done {
        Ok(done) => Reply::Done(Figures {
            runs: done.runs,
            wall_ns: nanoseconds(done.wall.unwrap_or(wall)),
            cpu_ns: nanoseconds(cpu),
            latencies_ns: done.latencies,
        }),
        Err(Refusal::Unsupported(why)) => Reply::Unsupported(why),
        Err(Refusal::Failed(error)) => Reply::Failed(format!("{error:#}")),
    }
}

#[derive(Default)]
struct Done {
    runs: u64,
    latencies: Vec<u64>,
    /// Where not all of the time counts.
    wall: Option<Duration>,
}

impl Done {
    fn sampled(latencies: Vec<u64>) -> Self {
        Self { runs: latencies.len() as u64, latencies, wall: None }
    }
}

fn carry_out(peer: &mut impl Peer, request: Request) -> Result<Done, Refusal> {
    Ok(match request {
        Request::Run { task, runs, concurrency } => {
            peer.run(task, runs, concurrency.max(1))?;
            Done { runs, ..Done::default() }
        }
        Request::IdleLatency { samples, rest_us } => {
            Done::sampled(peer.idle_latency(samples, Duration::from_micros(rest_us))?)
        }
        Request::LoadedLatency { samples, every_ns, concurrency } => {
            let every = Duration::from_nanos(every_ns);
            Done::sampled(peer.loaded_latency(samples, every, concurrency.max(1))?)
        }
        Request::Hold { runs } => {
            peer.hold(runs)?;
            Done { runs: runs.into(), ..Done::default() }
        }
        Request::Release => {
            peer.release()?;
            Done::default()
        }
        Request::Kill { samples } => Done::sampled(peer.kill(samples)?),
        Request::Cancel { samples } => Done::sampled(peer.cancel(samples)?),
        Request::Timers { far, due, lead_ms, span_ms } => {
            let (lead, span) = (Duration::from_millis(lead_ms), Duration::from_millis(span_ms));
            let (wall, latencies) = peer.timers(far, due, lead, span)?;
            Done { runs: far + u64::from(due), latencies, wall: Some(wall) }
        }
        Request::History { rows } => {
            peer.history(rows)?;
            Done { runs: rows, ..Done::default() }
        }
    })
}

fn say(what: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()?;
    Ok(())
}

/// CPU time of this process and of its children that have been waited for.
fn cpu() -> Duration {
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .filter_map(|who| getrusage(who).ok())
        .flat_map(|usage| [usage.user_time(), usage.system_time()])
        .map(|time| {
            Duration::new(
                time.tv_sec().try_into().unwrap_or(0),
                u32::try_from(time.tv_usec()).unwrap_or(0) * 1000,
            )
        })
        .sum()
}

/// As figures have it: 584 years are enough.
#[must_use]
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
