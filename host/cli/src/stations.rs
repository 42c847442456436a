//! For tests: a process that dies at a station as `kill -9` would have it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use dormouse_core::station;
use rustix::process::{Signal, getpid, kill_process};

use crate::error::{Failure, Result};
use crate::exit::Exit;

/// `NAME:N`: the N-th time that the station NAME is passed is the last.
const VARIABLE: &str = "DORMOUSE_KILL_AT";

/// The station, and how often it may still be passed.
static LAST: OnceLock<(String, AtomicU64)> = OnceLock::new();

/// Has the process killed where [`VARIABLE`] says, if it does.
pub(crate) fn obey() -> Result<()> {
    let Ok(text) = std::env::var(VARIABLE) else { return Ok(()) };
    let parsed = text.split_once(':').and_then(|(name, n)| Some((name, n.parse().ok().filter(|n| *n > 0)?)));
    let Some((name, n)) = parsed else {
        return Err(Failure::new(Exit::Usage, format!("{VARIABLE}={text} names no station"))
            .help("write a station and a number from 1, like enqueue.after:1"));
    };
    let _ = LAST.set((name.to_owned(), AtomicU64::new(n)));
    station::set_hook(passed);
    Ok(())
}

fn passed(name: &'static str) {
    if let Some((last, left)) = LAST.get()
        && last == name
        && left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // An error is that there is no such process.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}
