//! Whether the state directory can be used, and who uses it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dormouse_store_sqlite::{OpenError, SqliteStore, holder};

use super::disk::disk;
use super::{Finding, Level};
use crate::state::DATABASE;

pub(super) fn state_directory(path: &Path) -> Vec<Finding> {
    let what = "state";
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let found = format!("{} is not there", path.display());
            return vec![Finding::new(what, Level::Ok, found, "it is made when it is needed")];
        }
        Err(error) => return vec![broken(path, &error.to_string())],
    };
    if !metadata.is_dir() {
        return vec![broken(path, "it is no directory")];
    }
    let mode = metadata.permissions().mode() & 0o777;
    let mut found = vec![if mode & 0o077 == 0 {
        Finding::new(what, Level::Ok, path.display().to_string(), "nobody else may look into it")
    } else {
        let found = format!("{} is open to others (mode {mode:03o})", path.display());
        let means =
            format!("others may read what tasks are given and leave: chmod go-rwx {}", path.display());
        Finding::new(what, Level::Warn, found, means)
    }];
    if path.join(DATABASE).is_file() {
        found.push(database(path));
    }
    found.extend(disk(path));
    found
}

fn database(path: &Path) -> Finding {
    let what = "database";
    // Only looked at: whoever asks may be another user, whose files would be in its owner's way.
    match SqliteStore::open_read_only(path).map(|_| holder(path)) {
        Ok(None) => {
            Finding::new(what, Level::Ok, "readable, and nobody uses it now", "a host can be started on it")
        }
        Ok(Some(id)) => {
            Finding::new(what, Level::Ok, format!("in use by process {id}"), "one process at a time has it")
        }
        Err(OpenError::Older { .. }) => {
            let means = "the next host that is started on it brings it up to date";
            Finding::new(what, Level::Ok, "made by an older dormouse", means)
        }
        Err(error) => Finding::new(
            what,
            Level::Bad,
            error.to_string(),
            "no host can be started on it: restore it from a backup, or give another --state",
        ),
    }
}

fn broken(path: &Path, why: &str) -> Finding {
    let means = "no host can be started on it: give --state a directory of your own";
    Finding::new("state", Level::Bad, format!("{}: {why}", path.display()), means)
}
