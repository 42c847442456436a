//! The loop of a peer: a line in, a line out.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use crate::{About, Cost, Figures, Meter, Reply, Request, Task, nanoseconds};

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

    /// See [`Request::Run`]: what the runs cost, and not what it takes to have clients ready for them.
    ///
    /// # Errors
    ///
    /// A run did not succeed, or this peer has no such task.
    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal>;

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

    /// What is done behind each request that was carried out, once its figures are taken, and is in none of them: what
    /// keeps a peer in order, now and then.
    ///
    /// # Errors
    ///
    /// It went wrong, and so has the request.
    fn afterwards(&mut self) -> Result<(), Refusal> {
        Ok(())
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
    let meter = Meter::start();
    let done = carry_out(peer, request);
    let whole = meter.cost();
    let done = done.and_then(|done| {
        peer.afterwards()?;
        Ok(done)
    });
    match done {
        Ok(done) => Reply::Done(Figures {
            runs: done.runs,
            wall_ns: nanoseconds(done.wall.unwrap_or(whole.wall)),
            cpu_ns: nanoseconds(done.cpu.unwrap_or(whole.cpu)),
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
    cpu: Option<Duration>,
}

impl Done {
    fn sampled(latencies: Vec<u64>) -> Self {
        Self { runs: latencies.len() as u64, latencies, ..Self::default() }
    }
}

fn carry_out(peer: &mut impl Peer, request: Request) -> Result<Done, Refusal> {
    Ok(match request {
        Request::Run { task, runs, concurrency } => {
            let Cost { wall, cpu } = peer.run(task, runs, concurrency.max(1))?;
            Done { runs, wall: Some(wall), cpu: Some(cpu), ..Done::default() }
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
            Done { runs: far + u64::from(due), latencies, wall: Some(wall), cpu: None }
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_millis(50);

    /// Takes long over what is in no figure; `tidy` if it succeeds with that.
    struct Slow {
        tidy: bool,
    }

    impl Peer for Slow {
        fn about(&self) -> About {
            unreachable!("nobody asks")
        }

        fn run(&mut self, _: Task, _: u64, _: u32) -> Result<Cost, Refusal> {
            thread::sleep(LONG);
            Ok(Cost { wall: Duration::from_nanos(2), cpu: Duration::from_nanos(3) })
        }

        fn idle_latency(&mut self, samples: u32, _: Duration) -> Result<Vec<u64>, Refusal> {
            Ok(vec![5; samples as usize])
        }

        fn loaded_latency(&mut self, _: u32, _: Duration, _: u32) -> Result<Vec<u64>, Refusal> {
            Ok(Vec::new())
        }

        fn hold(&mut self, _: u32) -> Result<(), Refusal> {
            Ok(())
        }

        fn release(&mut self) -> Result<(), Refusal> {
            Ok(())
        }

        fn afterwards(&mut self) -> Result<(), Refusal> {
            thread::sleep(LONG);
            if self.tidy { Ok(()) } else { Err(anyhow::anyhow!("not tidy").into()) }
        }
    }

    #[test]
    fn what_a_run_costs_is_what_the_peer_says() {
        let run = Request::Run { task: Task::Noop, runs: 7, concurrency: 1 };
        let figures = Figures { runs: 7, wall_ns: 2, cpu_ns: 3, latencies_ns: Vec::new() };
        assert_eq!(answer(&mut Slow { tidy: true }, run), Reply::Done(figures));
    }

    #[test]
    fn what_is_done_afterwards_is_in_no_figure_and_fails_the_request() {
        let asked = Request::IdleLatency { samples: 2, rest_us: 0 };
        let Reply::Done(figures) = answer(&mut Slow { tidy: true }, asked.clone()) else {
            panic!("it succeeds")
        };
        assert_eq!(figures.latencies_ns, [5, 5]);
        assert!(figures.wall_ns < nanoseconds(LONG), "{}", figures.wall_ns);
        assert_eq!(answer(&mut Slow { tidy: false }, asked), Reply::Failed("not tidy".to_owned()));
    }

    #[test]
    fn what_a_peer_does_not_do_it_refuses_with_a_reason() {
        let refused = answer(&mut Slow { tidy: false }, Request::Kill { samples: 1 });
        assert!(matches!(refused, Reply::Unsupported(why) if why.contains("cannot be ended")));
    }
}
