//! A state directory that cannot be written, looked at by another process. In a file of its own: a process that is
//! just being started has for a moment what this one has open, locks among it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::Arc;

use dormouse_core::store::Store;
use dormouse_store_sqlite::SqliteStore;

mod lived;

use lived::{live, runs};

/// Where the other process looks. Set, it makes the test be that process.
const DIRECTORY: &str = "DORMOUSE_TEST_DIRECTORY";

/// What another process sees, as somebody who may not write there.
fn seen_by_another(directory: &Path) -> usize {
    // Root may write anywhere, so it becomes nobody.
    const NOBODY: u32 = 65534;
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    // Where everybody may go: nobody need not be allowed into where the tests were built.
    let public = tempfile::tempdir().unwrap();
    std::fs::set_permissions(public.path(), Permissions::from_mode(0o755)).unwrap();
    let program = public.path().join("another");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    for file in std::fs::read_dir(directory).unwrap() {
        std::fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(directory, Permissions::from_mode(0o555)).unwrap();
    let mut command = std::process::Command::new(program);
    command
        .args(["--exact", "it_is_read_whether_a_host_has_it_or_not", "--nocapture"])
        .env(DIRECTORY, directory)
        .current_dir("/");
    if is_root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output();
    std::fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    for file in std::fs::read_dir(directory).unwrap() {
        std::fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
    }
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    told.lines().find_map(|line| line.strip_prefix("runs: ")).unwrap().parse().unwrap()
}

/// What the other process does.
#[expect(clippy::print_stdout, reason = "it is how the process answers")]
fn look_at(path: &Path) {
    let made = std::fs::write(path.join("made"), "");
    assert!(made.is_err(), "it may not write here, or nothing is tested");
    let look: Arc<dyn Store> = Arc::new(SqliteStore::open_read_only(path).unwrap());
    println!("\nruns: {}", runs(&look));
}

#[test]
fn it_is_read_whether_a_host_has_it_or_not() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return look_at(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Store> { Arc::new(SqliteStore::open(directory.path()).unwrap()) };
    live(&open(), 1);
    assert_eq!(seen_by_another(directory.path()), 5, "when nobody has it");
    let host = open();
    live(&host, 6);
    assert_eq!(seen_by_another(directory.path()), 10, "when a host has it");
    live(&host, 11);
    assert_eq!(runs(&host), 15, "and the host goes on");
}
