//! A disk without room: a file system of a megabyte is mounted, which needs the right to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dormouse_e2e::{Running, Signal, dormouse};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;
use test_artifacts as programs;

/// A small file system.
struct Disk(TempDir);

impl Disk {
    /// None if it may not be mounted.
    #[expect(clippy::print_stderr, reason = "whoever runs the tests shall know that one was skipped")]
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        match mount("tmpfs", dir.path(), "tmpfs", MountFlags::empty(), c"size=1m,mode=700") {
            Ok(()) => Some(Self(dir)),
            Err(error) => {
                eprintln!("skipped: a file system cannot be mounted here: {error}");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is; removing the file gives it back.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![0_u8; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(self.path(), UnmountFlags::DETACH).unwrap();
    }
}

#[test]
fn a_full_disk_is_named_before_anything_is_run() {
    let Some(disk) = Disk::mount() else { return };
    let ballast = disk.fill();
    let run = || dormouse(["run", programs::RUN_RETURNS_OK, "--state", disk.path().to_str().unwrap()]);
    let ended = run().expect_code(5);
    assert!(ended.stderr.contains("free some") || ended.stderr.contains("No space left"), "{}", ended.stderr);
    ended.expect_stderr("help: ");
    fs::remove_file(ballast).unwrap();
    run().expect_code(0);
}

#[test]
fn a_disk_that_fills_up_is_told_and_the_host_goes_on_when_there_is_room() {
    let Some(disk) = Disk::mount() else { return };
    let args = ["run", programs::CANCEL_SLEEPING, "--state", disk.path().to_str().unwrap(), "--wall", "2s"];
    let mut running = Running::start(args);
    running.wait_for("started");
    let ballast = disk.fill();
    let fault = running.wait_for("fault");
    let message = fault["message"].as_str().unwrap();
    assert!(message.contains("full") && message.contains("trying again"), "{message}");
    fs::remove_file(ballast).unwrap();
    running.wait_for("completed");
    running.finish().0.expect_code(3);
    // And the database is whole.
    dormouse(args[..4].iter().chain(&["--resume"])).expect_code(0).expect_stderr("nothing is left to resume");
}

#[test]
fn a_disk_that_stays_full_does_not_keep_the_program_from_ending() {
    let Some(disk) = Disk::mount() else { return };
    let args = ["run", programs::CANCEL_SLEEPING, "--state", disk.path().to_str().unwrap(), "--wall", "1s"];
    let mut running = Running::start(args);
    running.wait_for("started");
    let _ballast = disk.fill();
    running.wait_for("fault");
    running.signal(Signal::INT);
    running.wait_for_note("press Ctrl-C again");
    running.signal(Signal::INT);
    running.wait_for_note("leave at once");
    running.signal(Signal::INT);
    running.finish().0.expect_code(130);
}
