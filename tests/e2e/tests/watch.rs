//! `--watch`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use dormouse_e2e::{Running, Signal, dormouse};
use test_artifacts as programs;

/// Starts to watch `dir`; answers when the watch is set.
fn watch(args: &[&str]) -> Running {
    let mut running = Running::start(["run", programs::STORAGE_CHANGES].iter().chain(args));
    running.wait_for("registered");
    running
}

fn output(running: &mut Running, text: &str) {
    running.wait_until(text, |event| event["text"].as_str().is_some_and(|t| t.contains(text)));
}

fn str(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_file_that_is_made_reaches_the_task_by_its_guest_path() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = watch(&["--watch", str(dir.path()), "--count", "1"]);
    fs::write(dir.path().join("acorn"), "nut").unwrap();
    output(&mut running, "Created /watch/acorn\n");
    running.finish().0.expect_code(0);
}

#[test]
fn a_guest_path_of_ones_own_and_folders_below() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("below")).unwrap();
    let mut running = watch(&["--watch", &format!("{}::/nest", str(dir.path())), "--recursive"]);
    fs::write(dir.path().join("below/acorn"), "nut").unwrap();
    output(&mut running, "Created /nest/below/acorn\n");
    fs::remove_file(dir.path().join("below/acorn")).unwrap();
    output(&mut running, "Removed /nest/below/acorn\n");
    running.signal(Signal::INT);
    running.finish().0.expect_code(130);
}

#[test]
fn a_watched_directory_may_be_read_and_with_dir_written() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let watched = format!("{}::/data", str(dir.path()));
    for (program, grant, code) in [
        (programs::GRANT_DIR_READ_ONLY, None, 0),
        (programs::GRANT_DIR_RW, None, 1),
        (programs::GRANT_DIR_RW, Some(format!("{watched}:rw")), 0),
    ] {
        let mut args = vec!["run", program, "--watch", &watched, "--count", "1"];
        if let Some(grant) = &grant {
            args.extend(["--dir", grant]);
        }
        let mut running = Running::start(args);
        running.wait_for("registered");
        // Whole when it is seen, whenever that is.
        fs::write(other.path().join("acorn"), "nut").unwrap();
        fs::rename(other.path().join("acorn"), dir.path().join("acorn")).unwrap();
        running.finish().0.expect_code(code);
    }
}

#[test]
fn one_guest_path_cannot_be_two_directories() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (watch, dir) = (format!("{}::/x", str(a.path())), format!("{}::/x", str(b.path())));
    dormouse(["run", programs::STORAGE_CHANGES, "--watch", &watch, "--dir", &dir])
        .expect_code(2)
        .expect_error("another GUEST path");
}
