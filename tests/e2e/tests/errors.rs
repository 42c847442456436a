//! What is said when something is wrong: what, why, and what to do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use dormouse_e2e::{Ended, dormouse};
use tempfile::TempDir;
use test_artifacts::RUN_RETURNS_OK;

/// A file with these contents.
fn file(name: &str, contents: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, contents).unwrap();
    (dir, path)
}

/// Runs a component in the text format.
fn run_wat(text: &str) -> Ended {
    let (_dir, path) = file("task.wasm", &wat::parse_str(text).unwrap());
    dormouse(["run".as_ref(), path.as_os_str()])
}

fn run(args: &[&str]) -> Ended {
    dormouse(["run", RUN_RETURNS_OK].iter().chain(args))
}

#[test]
fn a_file_that_is_not_there() {
    dormouse(["run", "no/such.wasm"]).expect_code(4).expect_error("`no/such.wasm` cannot be read");
}

#[test]
fn a_directory_without_a_package() {
    let dir = tempfile::tempdir().unwrap();
    dormouse(["run".as_ref(), dir.path().as_os_str()]).expect_code(4).expect_error("has no Cargo.toml");
}

#[test]
fn something_that_is_not_webassembly() {
    let (_dir, path) = file("notes.txt", b"buy nuts");
    dormouse(["run".as_ref(), path.as_os_str()]).expect_code(4).expect_error("this is not WebAssembly");
    let (_dir, path) = file("empty.wasm", b"");
    dormouse(["run".as_ref(), path.as_os_str()]).expect_code(4).expect_error("this is not WebAssembly");
}

#[test]
fn a_component_that_is_damaged() {
    let mut bytes = fs::read(RUN_RETURNS_OK).unwrap();
    bytes.truncate(bytes.len() / 2);
    let (_dir, path) = file("half.wasm", &bytes);
    dormouse(["run".as_ref(), path.as_os_str()]).expect_code(4).expect_stderr("the component is not valid");
}

#[test]
fn a_core_module() {
    run_wat("(module)").expect_code(4).expect_error("this is a core module, not a component");
}

#[test]
fn a_component_of_another_world() {
    run_wat(r#"(component (instance $i) (export "wasi:cli/run@0.2.6" (instance $i)))"#)
        .expect_code(4)
        .expect_error("it exports `wasi:cli/run@0.2.6`")
        .expect_stderr("must export `dormouse:background/background-task@0.1.0`");
}

#[test]
fn a_component_for_another_version_of_the_contract() {
    let wat =
        r#"(component (instance $i) (export "dormouse:background/background-task@7.0.0" (instance $i)))"#;
    run_wat(wat)
        .expect_code(4)
        .expect_stderr("`dormouse:background/background-task@7.0.0`")
        .expect_stderr("this host serves version 0.1.0");
}

#[test]
fn an_import_that_this_host_does_not_have() {
    let wat = r#"(component
        (import "acme:db/query@1.0.0" (instance))
        (instance $i) (export "dormouse:background/background-task@0.1.0" (instance $i)))"#;
    run_wat(wat).expect_code(4).expect_stderr("imports `acme:db/query@1.0.0`, which this host does not have");
}

#[test]
fn names_from_a_component_cannot_reach_the_terminal() {
    let ended = run_wat("(component (instance $i) (export \"a:b/c@1.0.0\" (instance $i)))").expect_code(4);
    assert!(!ended.stderr.contains('\x1b'));
}

#[test]
fn a_bad_cron_expression_has_a_caret_under_its_column() {
    let ended = run(&["--cron", "30 25 * * *"]).expect_code(2).expect_error("invalid cron expression: hour");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines[1..3], ["  30 25 * * *", "     ^"], "{}", ended.stderr);
}

#[test]
fn a_cron_expression_with_seconds_or_without_dates() {
    run(&["--cron", "0 30 2 * * *"]).expect_code(2).expect_error("five fields");
    run(&["--cron", "0 0 30 2 *"]).expect_code(2).expect_error("invalid cron expression");
}

#[test]
fn an_unknown_time_zone() {
    run(&["--cron", "0 3 * * *", "--tz", "Europe/Nowhere"])
        .expect_code(2)
        .expect_error("unknown time zone")
        .expect_stderr("Europe/Berlin");
}

#[test]
fn limits_that_are_zero_negative_or_nonsense_name_their_flag() {
    for (flag, value) in [
        ("--cpu", "0s"),
        ("--wall", "0ms"),
        ("--grace", "-5s"),
        ("--memory", "0"),
        ("--memory", "-1"),
        ("--memory", "lots"),
        ("--quota", "0s/15m"),
        ("--quota", "2s"),
        ("--every", "0s"),
        ("--every", "5"),
        ("--retry", "0"),
        ("--count", "0"),
        ("--count", "-1"),
    ] {
        run(&[&format!("{flag}={value}")]).expect_code(2).expect_error(flag);
    }
}

#[test]
fn limits_above_what_there_is_say_what_there_is() {
    run(&["--memory", "1TiB"]).expect_code(2).expect_error("write --memory 512MiB or less");
    run(&["--cpu", "100h"]).expect_code(2).expect_error("--cpu asks for");
    run(&["--wall", "100h"]).expect_code(2).expect_error("--wall asks for");
    run(&["--grace", "1h"]).expect_code(2).expect_error("--grace asks for");
    run(&["--every", "1ms"]).expect_code(2).expect_error("write --every 1s or more");
}

#[test]
fn directories_that_do_not_exist_or_cannot_be_granted() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().to_str().unwrap();
    run(&["--dir", "/no/such::/data"])
        .expect_code(2)
        .expect_error("--dir: directory /no/such cannot be opened");
    run(&["--watch", "/no/such"]).expect_code(2).expect_error("--watch: directory /no/such cannot be opened");
    run(&["--dir", &format!("{here}::/a/../b")])
        .expect_code(2)
        .expect_stderr("guest path \"/a/../b\" is not valid");
    let twice = format!("{here}::/data");
    run(&["--dir", &twice, "--dir", &twice]).expect_code(2).expect_error("granted twice");
    run(&["--dir", here]).expect_code(2).expect_error("write HOST::GUEST");
}

#[test]
fn hosts_that_are_none() {
    for (host, what) in
        [("example.org", "names no port"), ("*.example.org:443", "wildcard"), ("a:0", "1 to 65535")]
    {
        run(&["--allow-net", host]).expect_code(2).expect_error("--allow-net").expect_stderr(what);
    }
}

#[test]
fn variables_arguments_and_names_that_are_none() {
    run(&["--env", "DORMOUSE_E2E_NOT_SET"])
        .expect_code(2)
        .expect_error("write --env DORMOUSE_E2E_NOT_SET=VALUE");
    run(&["--env", "=x"]).expect_code(2).expect_error("NAME=VALUE");
    run(&["--arg-file", "/no/such"]).expect_code(2).expect_error("--arg-file: `/no/such` cannot be read");
    run(&["--arg-file", "/dev/zero"]).expect_code(2).expect_error("more than 262144 bytes");
    run(&["--app", "../etc"]).expect_code(2).expect_stderr("--app: app name \"../etc\" is not valid");
    run(&["--name", ""]).expect_code(2).expect_stderr("`name`");
}

#[test]
fn an_unknown_flag_is_answered_with_the_one_that_was_meant() {
    run(&["--alow-net", "a:1"]).expect_code(2).expect_stderr("--allow-net");
}

#[test]
fn standard_output_that_cannot_be_written() {
    let mut command = dormouse_e2e::command(["run", test_artifacts::STDIO_STDIN_EMPTY, "--json"]);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    // `output` would replace it by a pipe.
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(74));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("error: standard output cannot be written"), "{stderr}");
}
