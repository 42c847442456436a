//! Whether the state directory can be used, who uses it, and what room it has.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dormouse_store_sqlite::{OpenError, SqliteStore};

use super::{Finding, Level};
use crate::output::size;
use crate::state::DATABASE;

/// Less room than this is worth a word.
const ROOM_BYTES: u64 = 256 * 1024 * 1024;

pub(super) fn state_directory(path: &Path) -> Vec<Finding> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return vec![Finding::new(
                "state",
                Level::Ok,
                format!("{} is made when it is needed", path.display()),
            )];
        }
        Err(error) => return vec![broken(path, &error.to_string())],
    };
    if !metadata.is_dir() {
        return vec![broken(path, "it is no directory")];
    }
    let mode = metadata.permissions().mode() & 0o777;
    let mut found = vec![if mode & 0o077 == 0 {
        Finding::new("state", Level::Ok, path.display().to_string())
    } else {
        Finding::new(
            "state",
            Level::Warning,
            format!("{} is open to others (mode {mode:03o})", path.display()),
        )
        .help(format!("make it your own: chmod go-rwx {}", path.display()))
    }];
    if path.join(DATABASE).is_file() {
        found.push(database(path));
    }
    match rustix::fs::statvfs(path) {
        Ok(disk) => {
            let room = disk.f_bavail.saturating_mul(disk.f_frsize);
            let level = if room < ROOM_BYTES { Level::Warning } else { Level::Ok };
            let finding = Finding::new("room", level, format!("{} free for the state", size(room)));
            found.push(if level == Level::Ok {
                finding
            } else {
                finding.help("free some space: what does not fit is refused")
            });
        }
        Err(error) => found.push(Finding::new("room", Level::Warning, error.to_string())),
    }
    found
}

fn database(path: &Path) -> Finding {
    match SqliteStore::open(path) {
        Ok(store) => {
            drop(store);
            Finding::new("database", Level::Ok, "readable, and nobody uses it now")
        }
        Err(OpenError::Locked { holder, .. }) => {
            let holder = holder.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
            Finding::new("database", Level::Ok, format!("in use by {holder}"))
        }
        Err(error) => Finding::new("database", Level::Error, error.to_string())
            .help("restore it from a backup, or give another --state"),
    }
}

fn broken(path: &Path, why: &str) -> Finding {
    Finding::new("state", Level::Error, format!("{}: {why}", path.display()))
        .help("give --state a directory of your own")
}
