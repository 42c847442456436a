//! What the operating system lets this user's processes have.

use rustix::process::{Resource, getrlimit};

use super::{Finding, Level};

/// Fewer open files than this are short for a host at work: runs hold some, and so do connections.
const FILES: u64 = 1024;

/// Fewer threads than this do not even let one start.
const THREADS: u64 = 64;

pub(super) fn resources() -> [Finding; 2] {
    [files(getrlimit(Resource::Nofile).current), threads(getrlimit(Resource::Nproc).current)]
}

/// `limit` is none if there is none.
fn files(limit: Option<u64>) -> Finding {
    let (what, found) = ("open files", describe(limit));
    if limit.is_some_and(|limit| limit < FILES) {
        let means =
            "runs that open files may be refused: raise it with `ulimit -n`, or LimitNOFILE= of the unit";
        return Finding::new(what, Level::Warn, found, means);
    }
    Finding::new(what, Level::Ok, found, "how many files, sockets and watches a host may have at once")
}

fn threads(limit: Option<u64>) -> Finding {
    let what = "threads";
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found = format!("{cores} cores, {} threads and processes", describe(limit));
    if limit.is_some_and(|limit| limit < THREADS) {
        let means = "a host may not get the threads that it starts with: raise it with `ulimit -u`, or TasksMax= of the unit";
        return Finding::new(what, Level::Warn, found, means);
    }
    Finding::new(what, Level::Ok, found, "guests are polled on as many threads as there are cores")
}

fn describe(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_short_are_worth_a_look() {
        assert_eq!((files(Some(256)).level, files(Some(1024)).level), (Level::Warn, Level::Ok));
        assert_eq!((threads(Some(8)).level, threads(None).level), (Level::Warn, Level::Ok));
        assert_eq!(files(None).found, "unlimited");
    }
}
