//! What can be wrong with a case.

use std::io;
use std::path::PathBuf;

use super::load::{CASE_LEN_MAX, CASES_MAX};
use super::{APP, STEPS_MAX};
use crate::protocol::Capability;

/// A case that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("case `{}`", path.display())]
pub struct CaseError {
    /// Its file, or the folder in which it was looked for.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: CaseProblem,
}

/// What is wrong with a case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseProblem {
    /// It cannot be read.
    #[error("it cannot be read; give the folder that has the areas in it with --cases")]
    Read(#[source] io::Error),
    /// It is too long.
    #[error("it has more than {CASE_LEN_MAX} bytes; a case is one story, so make two of it")]
    TooLong,
    /// There are too many.
    #[error("there are more than {CASES_MAX} cases; give a folder with fewer")]
    TooMany,
    /// It is not TOML, or says something that no case says.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// Its id is not where it is.
    #[error("its id is {id:?} and its place says {place:?}; make them the same")]
    Id {
        /// Its id.
        id: String,
        /// What its path says.
        place: String,
    },
    /// A text that is needed is empty.
    #[error("`{0}` is empty; say what the case shows")]
    Empty(&'static str),
    /// A rule that there is not.
    #[error(
        "there is no rule {0:?}; rules are UWP-001 to UWP-146, or HOST- and a word for what is beyond them"
    )]
    Rule(String),
    /// A program that there is not.
    #[error("there is no program {0:?}; `dormouse-conform programs DIR` writes all there are")]
    Program(String),
    /// A handle that no registration has.
    #[error("step {step} is about {handle:?}, and no registration is `as = {handle:?}`")]
    Handle {
        /// Which step, from 1.
        step: usize,
        /// The handle.
        handle: String,
    },
    /// An expectation about nothing.
    #[error("`expect` is about {0:?}, and no registration is called so")]
    ExpectHandle(String),
    /// Two of one handle.
    #[error("two registrations are `as = {0:?}`; steps could not tell them apart")]
    HandleTwice(String),
    /// An app that there is not.
    #[error(
        "registration {handle:?} is of app {app:?}, which the case does not have; say `program`, or add an `[[app]]`"
    )]
    App {
        /// The registration.
        handle: String,
        /// The app.
        app: String,
    },
    /// A step about an app that there is not.
    #[error(
        "step {step} installs app {app:?}, which the case does not have; add an `[[app]]` that is `later`"
    )]
    NoApp {
        /// Which step, from 1.
        step: usize,
        /// The app.
        app: String,
    },
    /// Two apps of one name.
    #[error("two apps are called {0:?}; `program` makes one called {APP:?}")]
    AppTwice(String),
    /// A step needs what the case does not say that it needs.
    #[error("{what} needs `{need}`; add it to `needs`, so that hosts that cannot do it skip the case")]
    Needs {
        /// What does.
        what: String,
        /// What it needs.
        need: Capability,
    },
    /// Too many steps.
    #[error("it has {0} steps; at most {STEPS_MAX} are allowed")]
    Steps(usize),
    /// Bytes that are none.
    #[error("step {step} has arguments that are no bytes in hexadecimal digits: {text:?}")]
    Hex {
        /// Which step, from 1.
        step: usize,
        /// What stands there, shortened.
        text: String,
    },
    /// An answer that there is not.
    #[error("step {step} is never answered with {word:?}; section 5 of SPEC.md has the words")]
    Word {
        /// Which step, from 1.
        step: usize,
        /// What was to be answered.
        word: String,
    },
    /// A step for a host that runs where none does, or the other way about.
    #[error("step {step} is `{word}`, and the host {}", if *word == "start" { "runs already" } else { "does not run; `start` it first" })]
    Lives {
        /// Which step, from 1.
        step: usize,
        /// Its word.
        word: &'static str,
    },
    /// Two things that exclude each other.
    #[error("step {step} has both `{one}` and `{other}`; leave one of them out")]
    Both {
        /// Which step, from 1.
        step: usize,
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
}
