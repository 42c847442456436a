//! A background task that reads feeds and writes down what is new.
//!
//! ```text
//! cargo build -p feed-digest --release --target wasm32-wasip2
//! ```
//!
//! Meant for a timer or a cron trigger. Its environment says which feeds: `FEED_URLS`, separated by commas.
//! Each host is to be granted with its port, those that it redirects to as well. RSS, Atom and JSON Feed are
//! understood. What is new stands in `/local/digest.md`, the newest first; `DIGEST` names another file, in a
//! granted folder for example. What was seen is remembered in `/local/seen`.
//!
//! | what happens | what the task answers |
//! | --- | --- |
//! | a server is away, busy (429) or broken (5xx) | `RetryAfter`, with the server's own wish if it has one |
//! | a feed is not there (4xx), not granted, or no feed | `Failed`, naming each |
//! | both | `RetryAfter`: the others are worth another try |
//! | a cancellation, also while a server lets it wait | it writes down what it has, and returns |
//!
//! Whatever happens to one feed, the others are read.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a task prints is captured by its host")]

mod digest;
mod entry;
mod fetch;
mod files;
mod http;
mod retry;
mod seen;

use std::env;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dormouse_guest::{BackgroundTaskInstance, TaskError};

use crate::entry::Entry;
use crate::fetch::FetchError;
use crate::seen::Seen;

/// More would be for several registrations.
const FEEDS_MAX: usize = 32;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let urls = env::var("FEED_URLS")
        .map_err(|_| TaskError::failed("FEED_URLS is not set: name the feeds in the registration's env"))?;
    let urls: Vec<&str> = urls.split(',').map(str::trim).filter(|url| !url.is_empty()).collect();
    if urls.is_empty() || urls.len() > FEEDS_MAX {
        return Err(TaskError::failed(format!("FEED_URLS names {} feeds, not 1 to {FEEDS_MAX}", urls.len())));
    }

    let mut seen = Seen::load()?;
    let mut round = Round::default();
    for (done, url) in (0..).zip(&urls) {
        if !round.feed(&instance, url, &mut seen).await {
            break;
        }
        instance.set_progress(100 * (done + 1) / u32::try_from(urls.len())?);
    }

    let activation = instance.activation();
    let date: DateTime<Utc> = activation.scheduled_for.unwrap_or(activation.fired_at).into();
    println!("{} new", round.new.len());
    // In this order: what ends in between is told twice, not never.
    digest::add(round.new, date)?;
    seen.save()?;
    round.answer
}

/// What one reading of all feeds has come to.
struct Round {
    new: Vec<Entry>,
    answer: Result<(), TaskError>,
}

impl Default for Round {
    fn default() -> Self {
        Self { new: Vec::new(), answer: Ok(()) }
    }
}

impl Round {
    /// Reads one feed. Answers whether there is time for another.
    async fn feed(&mut self, instance: &BackgroundTaskInstance, url: &str, seen: &mut Seen) -> bool {
        let entries = match fetch::fetch(instance, url).await {
            Ok(body) => entry::parse(&body, url).map_err(FetchError::Failed),
            Err(e) => Err(e),
        };
        match entries {
            Ok(entries) => {
                let of = entries.len();
                let new: Vec<Entry> = entries.into_iter().filter(|e| seen.is_new(url, &e.id)).collect();
                println!("{url}: {} of {of} are new", new.len());
                self.new.extend(new);
            }
            Err(FetchError::Canceled(cancellation)) => {
                println!("stopped before {url}: {cancellation}");
                return false;
            }
            Err(FetchError::Later { why, after }) => {
                eprintln!("{url}: {why}; again in {} s", after.as_secs());
                self.later(after);
            }
            Err(FetchError::Failed(why)) => {
                eprintln!("{url}: {why}");
                self.failed(&format!("{url}: {why}"));
            }
        }
        true
    }

    /// The latest wish counts: it is in time for all the others.
    fn later(&mut self, after: Duration) {
        let before = match self.answer {
            Err(TaskError::RetryAfter(before)) => before,
            _ => Duration::ZERO,
        };
        self.answer = Err(TaskError::RetryAfter(after.max(before)));
    }

    fn failed(&mut self, why: &str) {
        match &mut self.answer {
            Ok(()) => self.answer = Err(TaskError::failed(why)),
            Err(TaskError::Failed(others)) => {
                others.push_str("; ");
                others.push_str(why);
            }
            Err(TaskError::RetryAfter(_)) => {}
        }
    }
}
