//! Many cases, on several adapters at once.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::play::{chain, play};
use super::{Options, Outcome, Report, Verdict};
use crate::case::Case;
use crate::clock;
use crate::link::{Link, LinkError};
use crate::protocol::Hello;

/// Makes a line to a new adapter.
pub type Connect<'a> = &'a (dyn Fn() -> Result<Link, LinkError> + Sync);

/// Runs `cases`. `told` is told of each as it ends.
///
/// # Errors
///
/// [`LinkError`] of the first adapter: it cannot be started, or does not say hello. An adapter that breaks later costs
/// the case that it broke at, and is replaced.
pub fn run(
    cases: &[Case],
    connect: Connect<'_>,
    options: &Options,
    told: &(dyn Fn(&Outcome) + Sync),
) -> Result<Report, LinkError> {
    let first = greeted(connect, options)?;
    let host = format!("{} {}", first.1.name, first.1.version);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(cases.len()));
    let first = Mutex::new(Some(first));
    let work = || {
        let mut line = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = clock::now();
            let verdict = on_line(case, &mut line, connect, options);
            let outcome = Outcome {
                id: case.id.clone(),
                title: case.title.clone(),
                rules: case.rule.clone(),
                verdict,
                took: clock::now().saturating_sub(began),
            };
            told(&outcome);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        }
    };
    thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, cases.len().max(1)) {
            scope.spawn(work);
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Report { host, outcomes })
}

type Greeted = (Link, Hello);

fn greeted(connect: Connect<'_>, options: &Options) -> Result<Greeted, LinkError> {
    let mut link = connect()?;
    let hello = link.hello(options.timeout)?;
    Ok((link, hello))
}

/// Runs a case on the line that there is, or on a new one.
fn on_line(case: &Case, line: &mut Option<Greeted>, connect: Connect<'_>, options: &Options) -> Verdict {
    let (mut link, hello) = match line.take().map_or_else(|| greeted(connect, options), Ok) {
        Ok(greeted) => greeted,
        Err(error) => return Verdict::Broken(chain(&error)),
    };
    let verdict = play(case, &hello, &mut link, options);
    if !matches!(verdict, Verdict::Broken(_)) {
        *line = Some((link, hello));
    }
    verdict
}
