//! The files of a cache: what they are called, when they were used, and which of them go.

use std::io;
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, File};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
use uuid::Uuid;

use crate::component::Digest;
use crate::engine::Fingerprint;

/// How the names of files begin that are being written.
const UNFINISHED: &str = "new-";

/// A file that is being written since then was left by a process that died.
const UNFINISHED_FOR: Duration = Duration::from_secs(60 * 60);

/// A file that is kept.
struct Entry {
    name: String,
    used: SystemTime,
    len: u64,
}

pub(super) fn name(component: &Digest, compiler: &Fingerprint) -> String {
    format!("{component}-{compiler}")
}

pub(super) fn unfinished(id: Uuid) -> String {
    format!("{UNFINISHED}{id}")
}

/// Notes that a file was used, as the time of its last change: the kernel does not note each time that it is
/// read, and on many machines none.
pub(super) fn touch(file: &File) {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    if let Err(error) = futimens(file, &Timestamps { last_access: now, last_modification: now }) {
        tracing::debug!(%error, "that a compiled component was used cannot be noted");
    }
}

/// Removes those that were not used for the longest time until no more than `bytes_max` are left, but never
/// `newest`; and what processes that died left behind.
pub(super) fn evict(dir: &Dir, bytes_max: u64, newest: &str) -> io::Result<()> {
    let now = dir.metadata(newest)?.modified()?.into_std();
    let mut kept = Vec::new();
    let mut total = 0_u64;
    for entry in dir.entries()? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Others may remove what they see, as we do.
        let Ok(metadata) = entry.metadata() else { continue };
        let used = metadata.modified()?.into_std();
        if name.starts_with(UNFINISHED) {
            if now.duration_since(used).is_ok_and(|age| age > UNFINISHED_FOR) {
                remove(dir, &name)?;
            }
        } else if is_entry(&name) {
            total = total.saturating_add(metadata.len());
            if name != newest {
                kept.push(Entry { name, used, len: metadata.len() });
            }
        }
    }
    kept.sort_by(|a, b| a.used.cmp(&b.used).then_with(|| a.name.cmp(&b.name)));
    for entry in kept {
        if total <= bytes_max {
            break;
        }
        remove(dir, &entry.name)?;
        total = total.saturating_sub(entry.len);
    }
    Ok(())
}

/// Whether a file is one of ours: in a directory that was given by mistake, nothing else is touched.
fn is_entry(name: &str) -> bool {
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split_once('-').is_some_and(|(component, compiler)| is_hex(component) && is_hex(compiler))
}

fn remove(dir: &Dir, name: &str) -> io::Result<()> {
    match dir.remove_file(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
