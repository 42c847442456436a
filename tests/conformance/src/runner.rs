//! Cases, played against an adapter and judged.

mod judge;
mod play;
mod seen;
mod suite;

use std::time::Duration;

use crate::programs::Programs;

pub use suite::{Connect, run};

/// How cases are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many at once, each on an adapter of its own.
    pub jobs: usize,
    /// How long an adapter may take to answer; where time is real, beside the time that it was told to let pass.
    pub timeout: Duration,
    /// Where the programs are.
    pub programs: Programs,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that was to come of it came.
    Passed,
    /// Something else came of it: each line says what.
    Failed(Vec<String>),
    /// The host cannot do what it needs.
    Skipped(String),
    /// Nothing is known of the host: its adapter broke.
    Broken(String),
}

/// A case that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its rules.
    pub rules: Vec<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// All cases of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was tested: the adapter's name and version.
    pub host: String,
    /// In the order of their ids.
    pub outcomes: Vec<Outcome>,
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Skipped.
    pub skipped: usize,
    /// Broken.
    pub broken: usize,
}

impl Report {
    /// How many cases came to what; `area` counts those of one only.
    #[must_use]
    pub fn tally(&self, area: Option<&str>) -> Tally {
        let mut tally = Tally::default();
        let of = |outcome: &&Outcome| area.is_none_or(|area| outcome.area() == area);
        for outcome in self.outcomes.iter().filter(of) {
            *match outcome.verdict {
                Verdict::Passed => &mut tally.passed,
                Verdict::Failed(_) => &mut tally.failed,
                Verdict::Skipped(_) => &mut tally.skipped,
                Verdict::Broken(_) => &mut tally.broken,
            } += 1;
        }
        tally
    }
}

impl Outcome {
    /// The area that it belongs to.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
