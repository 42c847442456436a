//! What is in a tree, counted: with one handle, however deep it is.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, openat, statat};

use super::account::{Key, Sum};

/// Where to go next.
enum Step {
    Into(CString),
    /// Back to the directory above, which is this one.
    Up(Key),
}

/// Adds what is below `root` to `sum`. Answers whether that was all: it stops behind `entries_max` entries.
///
/// Nothing may change the tree meanwhile but the operator. Where he moves a directory away under the count, it fails.
pub(super) fn count(root: &Dir, sum: &mut Sum, entries_max: u64) -> io::Result<bool> {
    let mut here = open(root, c".")?;
    let mut steps = Vec::new();
    if !list(&here, sum, entries_max, &mut steps)? {
        return Ok(false);
    }
    while let Some(step) = steps.pop() {
        match step {
            Step::Into(name) => {
                let below = open(&here, &name)?;
                steps.push(Step::Up(key(&here)?));
                if !list(&below, sum, entries_max, &mut steps)? {
                    return Ok(false);
                }
                here = below;
            }
            Step::Up(above) => {
                here = open(&here, c"..")?;
                if key(&here)? != above {
                    return Err(io::Error::other(
                        "a directory was moved while its app's folders were counted",
                    ));
                }
            }
        }
    }
    Ok(true)
}

fn list(dir: &OwnedFd, sum: &mut Sum, entries_max: u64, steps: &mut Vec<Step>) -> io::Result<bool> {
    for entry in rustix::fs::Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        sum.entries += 1;
        if sum.entries > entries_max {
            return Ok(false);
        }
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            steps.push(Step::Into(name.to_owned()));
        } else {
            sum.bytes = sum.bytes.saturating_add(u64::try_from(stat.st_size).unwrap_or(0));
        }
    }
    Ok(true)
}

fn open(at: impl AsFd, name: &std::ffi::CStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(at, name, flags, Mode::empty())?)
}

fn key(dir: &OwnedFd) -> io::Result<Key> {
    let stat = fstat(dir)?;
    Ok((stat.st_dev, stat.st_ino))
}
