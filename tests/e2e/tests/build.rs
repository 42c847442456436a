//! Directories that are built.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use dormouse_e2e::{Ended, command, dormouse, ended};

/// A package of this workspace with many programs.
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/programs");

/// Kept from one test run to the next.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/guests");

/// Runs what is in `directory`, built into `target`.
fn run(directory: &Path, args: &[&str], target: &Path) -> Ended {
    let mut all = command(["run".as_ref(), directory.as_os_str()]);
    all.args(args).env("CARGO_TARGET_DIR", target);
    ended(all)
}

#[test]
fn a_package_is_built_and_run() {
    let built = run(Path::new(PROGRAMS), &["--bin", "stdio_stdin_empty"], Path::new(TARGET)).expect_code(0);
    assert!(built.stdout.ends_with("| to stdout\n"), "{}", built.stdout);
    assert_eq!(built.receipt("outcome"), "succeeded");
}

#[test]
fn several_programs_are_listed() {
    dormouse(["run", PROGRAMS])
        .expect_code(4)
        .expect_error("there are several tasks to choose from")
        .expect_stderr("--bin cancel_ignored of --package test-programs")
        .expect_stderr("choose one with --bin NAME");
}

#[test]
fn a_program_or_package_that_is_not_there() {
    dormouse(["run", PROGRAMS, "--bin", "no_such"])
        .expect_code(4)
        .expect_error("there is no binary `no_such`");
    dormouse(["run", PROGRAMS, "--package", "no-such"])
        .expect_code(4)
        .expect_error("there is no package `no-such`");
    dormouse(["run", "x.wasm", "--bin", "x"])
        .expect_code(2)
        .expect_error("--bin is for a directory that is built");
}

fn package(manifest: &str, lib: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/lib.rs"), lib).unwrap();
    dir
}

fn build(package: &tempfile::TempDir) -> Ended {
    run(package.path(), &[], &package.path().join("target"))
}

const HEAD: &str = "[package]\nname = \"nest\"\nedition = \"2024\"\n[workspace]\n";

#[test]
fn a_library_that_is_no_cdylib() {
    build(&package(HEAD, "")).expect_code(4).expect_error("crate-type = [\"cdylib\"]");
}

#[test]
fn a_package_that_does_not_build() {
    let dir = package(&format!("{HEAD}[lib]\ncrate-type = [\"cdylib\"]\n"), "compile_error!(\"a nut\");");
    build(&dir)
        .expect_code(4)
        .expect_stderr("error: a nut")
        .expect_stderr("`nest` did not build")
        .expect_stderr("help: ");
}

#[test]
fn a_package_that_builds_and_is_no_task() {
    let dir = package(&format!("{HEAD}[lib]\ncrate-type = [\"cdylib\"]\n"), "");
    build(&dir).expect_code(4).expect_stderr("the component is not a task").expect_stderr("help: ");
}

#[test]
fn a_manifest_that_is_nonsense() {
    build(&package("[package", "")).expect_code(4).expect_error("cannot be understood by cargo");
}

#[test]
fn a_target_that_cannot_be_added_is_named_with_the_command_that_adds_it() {
    let dir = package(&format!("{HEAD}[lib]\ncrate-type = [\"cdylib\"]\n"), "");
    // A toolchain without the target, and a rustup that fails: both answer what the program asks them.
    let bin = tempfile::tempdir().unwrap();
    for (name, script) in [("rustc", "#!/bin/sh\necho /no/such/libdir\n"), ("rustup", "#!/bin/sh\nexit 1\n")]
    {
        let path = bin.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let mut all = command(["run".as_ref(), dir.path().as_os_str()]);
    all.env("PATH", path);
    ended(all)
        .expect_code(4)
        .expect_error("the toolchain lacks the target")
        .expect_stderr("run `rustup target add wasm32-wasip2`");
}
