//! The file system that the state is on: whether it keeps what it is given, and how fast.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{StatVfsMountFlags, fdatasync, statvfs};

use super::measure::median;
use super::{Finding, Level};
use crate::output::{size, span};

/// Less room than this is worth a word.
const ROOM_BYTES: u64 = 256 * 1024 * 1024;

/// How often the disk is made to write; what is in the middle is told.
const WRITES: usize = 9;

/// As much as the database writes for one firing.
const WRITE_LEN: usize = 4096;

/// A write that takes longer than this is felt by whoever fires.
const SLOW: Duration = Duration::from_millis(50);

pub(super) fn disk(path: &Path) -> Vec<Finding> {
    let mut found = vec![file_system(path)];
    match statvfs(path) {
        Ok(disk) => {
            found.push(room(disk.f_bavail.saturating_mul(disk.f_frsize)));
            if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
                let means = "nothing can be kept: mount it for writing, or give another --state";
                found.push(Finding::new("writing", Level::Bad, "it is mounted for reading only", means));
                return found;
            }
        }
        Err(error) => {
            let means = "how much room is left is not known";
            found.push(Finding::new("room", Level::Warn, error.to_string(), means));
        }
    }
    found.push(match syncs(path) {
        Ok(median) => writing(median),
        Err(error) => {
            let means = "nothing can be kept: check the owner of the state directory, and the room left";
            Finding::new("writing", Level::Bad, error.to_string(), means)
        }
    });
    found
}

fn room(bytes: u64) -> Finding {
    let found = format!("{} free", size(bytes));
    if bytes < ROOM_BYTES {
        return Finding::new("room", Level::Warn, found, "what does not fit is refused: free some space");
    }
    Finding::new("room", Level::Ok, found, "for the database, packages and what apps keep")
}

fn writing(median: Duration) -> Finding {
    let found = format!("{} until {} are kept", span(median), size(WRITE_LEN as u64));
    if median > SLOW {
        let means = "each firing that is accepted waits for it: put the state on a faster disk";
        return Finding::new("writing", Level::Warn, found, means);
    }
    Finding::new("writing", Level::Ok, found, "what each firing that is accepted waits for at least")
}

/// What it takes in the middle until a few bytes are on the disk.
fn syncs(path: &Path) -> io::Result<Duration> {
    let mut file = tempfile::tempfile_in(path)?;
    median(WRITES, || {
        file.write_all(&[0; WRITE_LEN])?;
        Ok(fdatasync(&file)?)
    })
}

fn file_system(path: &Path) -> Finding {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    judge(kind(&mounts, &path).unwrap_or("unknown"))
}

fn judge(kind: &str) -> Finding {
    let what = "file system";
    let (level, means) = match kind {
        "tmpfs" | "ramfs" => (
            Level::Warn,
            "what is kept in it is gone when the machine is started again: give another --state",
        ),
        "overlay" => (
            Level::Warn,
            "in a container, what is kept in it is gone with the container: give --state a volume",
        ),
        network
            if network.starts_with("nfs")
                || network.starts_with("fuse")
                || matches!(network, "cifs" | "smb3" | "9p" | "virtiofs" | "ceph") =>
        {
            (
                Level::Warn,
                "locks and writes may not be kept as a database needs it: give --state a local disk",
            )
        }
        "unknown" => (Level::Warn, "whether it keeps what it is given is not known"),
        _ => (Level::Ok, "it keeps what it says that it has written"),
    };
    Finding::new(what, level, kind, means)
}

/// The type of the file system that `path` is on, from the text of a `mountinfo`: that of the longest mount point
/// above it, and of the last one mounted there.
fn kind<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((about, more)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (about.split(' ').nth(4), more.split(' ').next()) else { continue };
        let point = point.replace("\\040", " ");
        let longer = best.is_none_or(|(len, _)| point.len() >= len);
        if longer && path.starts_with(&point) {
            best = Some((point.len(), kind));
        }
    }
    best.map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw
31 22 0:44 / /srv/my\\040state rw - nfs4 host:/x rw
32 22 8:2 / /run rw - xfs /dev/sdb rw";

    #[test]
    fn the_nearest_mount_above_a_path_says_what_it_is_on() {
        for (path, on) in
            [("/home/x", "ext4"), ("/run/x", "xfs"), ("/srv/my state/x", "nfs4"), ("/running", "ext4")]
        {
            assert_eq!(kind(MOUNTS, Path::new(path)), Some(on), "{path}");
        }
        assert_eq!(kind("", Path::new("/")), None);
    }

    #[test]
    fn what_does_not_keep_is_worth_a_look() {
        for (kind, level) in
            [("ext4", Level::Ok), ("tmpfs", Level::Warn), ("nfs4", Level::Warn), ("fuse.sshfs", Level::Warn)]
        {
            assert_eq!(judge(kind).level, level, "{kind}");
        }
        assert_eq!((writing(SLOW).level, writing(SLOW * 2).level), (Level::Ok, Level::Warn));
        assert_eq!((room(ROOM_BYTES).level, room(1).level), (Level::Ok, Level::Warn));
    }

    #[test]
    fn a_write_is_really_made_and_leaves_nothing() {
        let directory = tempfile::tempdir().expect("there is room");
        assert!(syncs(directory.path()).expect("it can be written") > Duration::ZERO);
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 0);
        assert!(syncs(Path::new("/proc")).is_err());
    }
}
