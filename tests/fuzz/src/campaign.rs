//! One target, and many inputs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Target, Wrong};
use crate::bytes::{Bytes, Stock, inputs};
use crate::corpus::{Corpus, CorpusError};
use crate::panics;

/// Inputs that are drawn before new kinds of answers become examples.
const ROUND: u32 = 32;

/// Inputs that became examples because their answers were new, at most.
const LEARNT_MAX: usize = 256;

/// Inputs that are tried to make one that broke the target smaller, at most, and for how long, in milliseconds: one that
/// is waited for in vain takes a minute.
const SMALLER_MAX: u32 = 600;
const SMALLER_MS_MAX: u32 = 120_000;

/// A target, and how it is tried.
pub struct Campaign<'a> {
    name: &'a str,
    target: RefCell<&'a mut dyn Target>,
    seed: u64,
    /// Where each input is before it is tried: what ends the process is there then.
    current: Option<PathBuf>,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    report: Report,
    learnt: Vec<Vec<u8>>,
}

/// What a campaign has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many inputs.
    pub inputs: u64,
    /// Their answers, and how often each came.
    pub answers: BTreeMap<Answer, u64>,
}

impl Report {
    /// How many kinds of inputs were understood.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.answers.keys().filter(|answer| matches!(answer, Answer::Taken(_))).count()
    }

    /// How many kinds of refusals there were.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.answers.len() - self.taken()
    }
}

/// An input that broke the target.
#[derive(Debug, thiserror::Error)]
pub enum Found {
    /// One that was drawn.
    #[error("`{target}`, seed {seed}: {why}\nwith {input:?}")]
    Drawn {
        /// The target.
        target: String,
        /// What it was drawn from.
        seed: u64,
        /// It, as small as it got.
        input: Bytes,
        /// What came of it.
        why: String,
    },
    /// One that was kept.
    #[error("`{target}`, corpus file `{file}`: {why}")]
    Kept {
        /// The target.
        target: String,
        /// Its file.
        file: String,
        /// What came of it.
        why: String,
    },
    /// None: the corpus could not be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

impl<'a> Campaign<'a> {
    /// `target`, which is called `name`, with inputs drawn from `seed`.
    pub fn new(name: &'a str, target: &'a mut dyn Target, seed: u64) -> Self {
        Self { name, target: RefCell::new(target), seed, current: None, seen: RefCell::default() }
    }

    /// Writes each input to `file` before it is tried.
    #[must_use]
    pub fn leaving(mut self, file: PathBuf) -> Self {
        self.current = Some(file);
        self
    }

    /// Tries what was kept, then the examples, and then draws for as long as `go_on` says so; it is asked now and then.
    ///
    /// # Errors
    ///
    /// [`Found`], the first.
    pub fn run(self, mut go_on: impl FnMut(&Report) -> bool) -> Result<Report, Found> {
        let kept = Corpus::of(self.name).read()?;
        for (file, input) in &kept {
            let found = |why| Found::Kept { target: self.name.to_owned(), file: file.clone(), why };
            self.alone(input).map_err(found)?;
        }
        let (examples, words) = {
            let target = self.target.borrow();
            (target.examples(), target.words())
        };
        for example in &examples {
            let input = Bytes(example.clone());
            self.alone(&input).map_err(|why| self.drawn(input.clone(), why))?;
        }
        let own: Vec<_> = examples.into_iter().chain(kept.into_iter().map(|(_, input)| input.0)).collect();
        let mut round = 0;
        while go_on(&self.seen.borrow().report) {
            let learnt = self.seen.borrow().learnt.clone();
            let stock = Stock { examples: own.iter().cloned().chain(learnt).collect(), words: words.clone() };
            self.round(round, &Arc::new(stock))?;
            round += 1;
        }
        Ok(self.seen.into_inner().report)
    }

    fn round(&self, round: u64, stock: &Arc<Stock>) -> Result<(), Found> {
        let seed = Sha256::new()
            .chain_update(self.name)
            .chain_update(self.seed.to_le_bytes())
            .chain_update(round.to_le_bytes())
            .finalize();
        let config = Config {
            cases: ROUND,
            failure_persistence: None,
            max_shrink_iters: SMALLER_MAX,
            max_shrink_time: SMALLER_MS_MAX,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        runner.run(&inputs(stock), |input| self.attempt(&input)).map_err(|error| match error {
            TestError::Fail(why, input) => self.drawn(input, why.message().to_owned()),
            TestError::Abort(why) => self.drawn(Bytes(Vec::new()), why.message().to_owned()),
        })
    }

    fn drawn(&self, input: Bytes, why: String) -> Found {
        Found::Drawn { target: self.name.to_owned(), seed: self.seed, input, why }
    }

    /// As drawn inputs are tried, with one that is not drawn.
    fn alone(&self, input: &Bytes) -> Result<(), String> {
        let mut runner = TestRunner::new(Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 0,
            ..Config::default()
        });
        let just = proptest::strategy::Just(input.clone());
        runner.run(&just, |input| self.attempt(&input)).map_err(|error| match error {
            TestError::Fail(why, _) | TestError::Abort(why) => why.message().to_owned(),
        })
    }

    fn attempt(&self, input: &Bytes) -> Result<(), TestCaseError> {
        if let Some(file) = &self.current {
            std::fs::write(file, &input.0)?;
        }
        let answer = panics::watched(|| self.target.borrow_mut().read(&input.0));
        let answer = answer.map_err(TestCaseError::fail)?;
        let answer = answer.map_err(|Wrong(why)| TestCaseError::fail(why))?;
        let mut seen = self.seen.borrow_mut();
        seen.report.inputs += 1;
        let count = seen.report.answers.entry(answer).or_default();
        *count += 1;
        if *count == 1 && seen.learnt.len() < LEARNT_MAX {
            seen.learnt.push(input.0.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
