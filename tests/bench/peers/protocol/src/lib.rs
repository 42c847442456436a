//! What the bench and its peers say to each other: lines of JSON, on a peer's standard input and output.
//!
//! A peer is a process of its own, with an allocator and a CPU account of its own. It says [`About`] when it is ready,
//! and then answers each [`Request`] with one [`Reply`], until its input ends. Between two requests it is idle, so that
//! whoever drives it can let contenders take turns in small batches.
//!
//! What a peer cannot do it refuses with a reason ([`Reply::Unsupported`]), which belongs into the table.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock, and sleeps")]

mod cost;
mod pace;
mod serve;

pub use cost::{Cost, Meter, lateness, nanoseconds};
pub use pace::{Pace, clients, paced, rested, trigger};
pub use serve::{Peer, Refusal, serve};

use serde::{Deserialize, Serialize};

/// What a peer says of itself, in its first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its name, in a word.
    pub peer: String,
    /// The version of what is measured.
    pub version: String,
    /// What is between a task and the one that runs it.
    pub isolation: String,
    /// What is on the disk, and when; or that nothing is.
    pub durability: String,
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Nothing.
    Noop,
    /// Parses 10 kB of JSON.
    Json,
    /// Makes a thumbnail of one picture.
    Thumbnail,
}

impl Task {
    /// Its name, which is that of the program too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Json => "json",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// What a peer is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// So many whole runs, by so many clients, each of which waits for the end of one before it asks for the next.
    Run {
        /// What each run does.
        task: Task,
        /// How many, all clients together.
        runs: u64,
        /// How many clients.
        concurrency: u32,
    },
    /// From the trigger to the first thing that a task does, nothing else being done.
    IdleLatency {
        /// How many, one after the other.
        samples: u32,
        /// Between the end of one and the trigger of the next, in microseconds. With none, nothing sleeps or gives way.
        rest_us: u64,
    },
    /// The same while the triggers come at a fixed pace, whatever has become of those before.
    LoadedLatency {
        /// How many.
        samples: u32,
        /// Between two triggers, in nanoseconds.
        every_ns: u64,
        /// How many run at once at most, where a thread belongs to a run.
        concurrency: u32,
    },
    /// Starts so many runs that wait inside the task, and leaves them there. The answer comes when all of them wait.
    Hold {
        /// How many.
        runs: u32,
    },
    /// Lets those that are held end.
    Release,
    /// From the call that ends a task by force, while it computes and listens to nobody, to its end.
    Kill {
        /// How many, one after the other.
        samples: u32,
    },
    /// From the call that asks a task to stop, to the moment at which the task hears it.
    Cancel {
        /// How many, one after the other.
        samples: u32,
    },
    /// Registers `far` runs for a day that does not come while the bench runs, and `due` runs, whose lateness is the
    /// answer's latencies, evenly over a span of time. The time of the answer is that of registering them all.
    Timers {
        /// How many are registered and not due.
        far: u64,
        /// How many come due.
        due: u32,
        /// Until the first is due, in milliseconds, beginning when all are registered.
        lead_ms: u64,
        /// From the first to the last, in milliseconds.
        span_ms: u64,
    },
    /// Adds so many runs that are over to what is kept, by the shortest way there is.
    History {
        /// How many.
        rows: u64,
    },
}

/// What a peer answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// It is done.
    Done(Figures),
    /// It cannot be done with this peer, and why.
    Unsupported(String),
    /// It should have been done and went wrong.
    Failed(String),
}

/// The figures of what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many runs this was.
    pub runs: u64,
    /// By the clock on the wall.
    pub wall_ns: u64,
    /// CPU time of the peer's process and of those of its children that have ended, all threads together. What a
    /// server beside it used is not in it.
    pub cpu_ns: u64,
    /// One for each sample, in the order of the runs; nothing where nothing was sampled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latencies_ns: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_the_readme_has_it() {
        let line = r#"{"do":"run","task":"noop","runs":1000,"concurrency":16}"#;
        let request: Request = serde_json::from_str(line).unwrap();
        assert_eq!(request, Request::Run { task: Task::Noop, runs: 1000, concurrency: 16 });
        assert_eq!(serde_json::to_string(&request).unwrap(), line);
    }

    #[test]
    fn a_reply_without_samples_has_no_list_of_them() {
        let reply = Reply::Done(Figures { runs: 1, wall_ns: 2, cpu_ns: 3, latencies_ns: Vec::new() });
        let line = r#"{"done":{"runs":1,"wall_ns":2,"cpu_ns":3}}"#;
        assert_eq!(serde_json::to_string(&reply).unwrap(), line);
        assert_eq!(serde_json::from_str::<Reply>(line).unwrap(), reply);
    }
}
