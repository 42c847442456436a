//! The built program, as a stranger runs it.

use std::fs;
use std::process::{Command, Output};

const CONFORM: &str = env!("CARGO_BIN_EXE_dormouse-conform");

fn conform(args: &[&str]) -> Output {
    Command::new(CONFORM).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn code(output: &Output, wanted: i32) {
    let shown = || format!("{}\n{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(wanted), "{}", shown());
}

/// An adapter in a line of shell, which answers each request with what the script prints for it.
fn shell(script: &str, filter: &str) -> Output {
    conform(&["run", "--quiet", "--timeout", "1", "--jobs", "1", filter, "--", "sh", "-c", script])
}

const HELLO: &str = r#"read l; echo '{"answer":{"id":1,"reply":{"ok":{"protocol":1,"name":"shell","version":"1","capabilities":["tasks","run-events"]}}}}';"#;

#[test]
fn the_library_passes_as_an_adapter_of_its_own() {
    let report = conform(&["run", "--format", "tap", "deferral/", "--", CONFORM, "adapter", "library"]);
    code(&report, 0);
    let tap = text(&report.stdout);
    assert!(tap.starts_with("TAP version 14\n1..12\n"), "{tap}");
    assert_eq!(tap.lines().filter(|line| line.starts_with("ok ")).count(), 12, "{tap}");
}

#[test]
fn exported_programs_are_all_that_a_case_needs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("programs");
    code(&conform(&["programs", dir.to_str().unwrap()]), 0);
    assert!(dir.join("run_returns_ok.wasm").is_file());
    let here = dir.to_str().unwrap();
    code(&conform(&["run", "lifecycle/returns", "--programs", here]), 0);
    fs::remove_file(dir.join("run_returns_ok.wasm")).unwrap();
    let missing = conform(&["run", "lifecycle/returns", "--programs", here]);
    code(&missing, 6);
    let said = text(&missing.stderr);
    assert!(
        said.contains("\"run_returns_ok\" is not at") && said.contains("dormouse-conform programs"),
        "{said}"
    );
    assert!(missing.stdout.is_empty(), "nothing ran");
}

#[test]
fn the_program_has_all_cases_in_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let (within, there) = (conform(&["list"]), conform(&["list", "--cases", folder]));
    code(&within, 0);
    code(&there, 0);
    assert_eq!(text(&within.stdout), text(&there.stdout), "src/built_in.rs names all files in `cases`");
}

#[test]
fn cases_are_listed_with_their_rules_and_found_by_them() {
    let listed = conform(&["list", "UWP-074"]);
    code(&listed, 0);
    let listed = text(&listed.stdout);
    assert!(listed.contains("deferral/several") && listed.contains("needs tasks run-events"), "{listed}");
    assert!(!listed.contains("lifecycle/returns"), "{listed}");
}

#[test]
fn a_malformed_case_stops_everything_before_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("area")).unwrap();
    fs::write(dir.path().join("area/bad.toml"), "id = 3").unwrap();
    let output = conform(&["run", "--cases", dir.path().to_str().unwrap()]);
    code(&output, 3);
    let said = text(&output.stderr);
    assert!(
        said.starts_with("error: case `") && said.contains("area/bad.toml") && said.contains("because"),
        "{said}"
    );
}

#[test]
fn what_is_no_adapter_is_said_to_be_none() {
    let nowhere = conform(&["run", "--", "/nonexistent/adapter"]);
    code(&nowhere, 4);
    assert!(text(&nowhere.stderr).contains("cannot be started"), "{}", text(&nowhere.stderr));
    for (script, why) in [
        ("exit 3", "ended before it had answered `hello`"),
        ("read l; echo nonsense; cat", "which is no event and no answer"),
        (
            "read l; echo '{\"answer\":{\"id\":2,\"reply\":{\"ok\":{}}}}'; cat",
            "answered request 2 while 1 was asked",
        ),
        ("read l; printf '\\377\\n'; cat", "it is not UTF-8"),
        ("read l; exec sleep 60", "did not answer `hello` within 1s"),
        (
            "read l; echo '{\"answer\":{\"id\":1,\"reply\":{\"ok\":{\"protocol\":9,\"name\":\"\",\"version\":\"\",\"capabilities\":[]}}}}'; cat",
            "version 9",
        ),
        ("read l; head -c 17000000 /dev/zero | tr '\\0' x; cat", "a line of more than 16777216 bytes"),
        // One that reads nothing does not hold the runner up, whatever it says meanwhile.
        (
            "while :; do echo '{\"event\":{\"seq\":1,\"at_ms\":0,\"registration\":\"t\",\"event\":\"spent\"}}'; done",
            "error: the adapter ",
        ),
    ] {
        let output = shell(script, "lifecycle/returns");
        code(&output, 4);
        assert!(text(&output.stderr).contains(why), "{script}: {}", text(&output.stderr));
    }
}

#[test]
fn an_adapter_that_does_not_end_is_killed_with_the_host_that_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let output = shell(&format!("sleep 600 & echo $! > {}; wait", file.display()), "lifecycle/returns");
    code(&output, 4);
    let host = fs::read_to_string(&file).unwrap();
    // It is gone, or nobody has asked yet how it ended.
    let goes_on = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", host.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    #[expect(clippy::disallowed_methods, reason = "another process tells nobody that it ends")]
    let ended = (0..3_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        !goes_on()
    });
    assert!(ended, "process {host} goes on");
}

#[test]
fn an_adapter_that_breaks_in_a_case_costs_that_case() {
    let output = shell(&format!("{HELLO} read l; exit 1"), "lifecycle/returns");
    code(&output, 4);
    let said = text(&output.stdout);
    assert!(
        said.contains("BROKEN lifecycle/returns") && said.contains("before it had answered `open`"),
        "{said}"
    );
}

#[test]
fn what_cannot_run_anywhere_is_no_success() {
    let skipped = shell(&format!("{HELLO} cat >/dev/null"), "limits/quota");
    code(&skipped, 5);
    assert!(text(&skipped.stdout).contains("needs quota, sim-clock"), "{}", text(&skipped.stdout));
    code(&conform(&["run", "no such case"]), 5);
}

#[test]
fn an_adapter_that_can_do_nothing_yet_is_a_beginning() {
    let no = r#"n=2; while read l; do echo "{\"answer\":{\"id\":$n,\"reply\":{\"unsupported\":\"not yet\"}}}"; n=$((n+1)); done"#;
    let skipped = shell(&format!("{HELLO} {no}"), "lifecycle/returns");
    code(&skipped, 5);
    assert!(text(&skipped.stdout).contains("    1  not yet: lifecycle/returns"), "{}", text(&skipped.stdout));
}

#[test]
fn a_request_that_is_none_is_answered_as_such() {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut child = Command::new(CONFORM)
        .args(["adapter", "library"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let requests = concat!(
        "{\"id\":1,\"op\":\"fly\"}\n\nnonsense\n{\"id\":2,\"op\":\"settle\",\"more\":1}\n{\"op\":\"settle\"}\n",
        "{\"id\":3,\"op\":\"open\",\"case\":\"c\",\"host\":{\"planet\":\"Mars\"}}\n",
    );
    child.stdin.take().unwrap().write_all(requests.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let answered = |line: usize, parts: &[&str]| {
        let all = parts.iter().all(|part| lines[line].contains(part));
        assert!(all, "{parts:?} in line {line} of\n{said}");
    };
    assert_eq!(lines.len(), 5, "{said}");
    answered(0, &["\"id\":1", "\"unsupported\"", "unknown variant `fly`"]);
    answered(1, &["\"id\":0", "\"failed\""]);
    answered(2, &["\"id\":2", "no host runs"]);
    answered(3, &["\"id\":0", "\"failed\"", "missing field `id`"]);
    answered(4, &["\"id\":3", "\"unsupported\"", "unknown field `planet`"]);
}

#[test]
fn a_runtime_of_commands_is_held_to_the_cases_about_commands_and_to_no_others() {
    // A runtime that knows one program, by the end of its path; what it exits with is what `wasmtime run` does.
    let script = r#"#!/bin/sh
[ "$1" = --version ] && { echo "shell 1.0"; exit 0; }
for last; do :; done
case "$*" in
    *command_panics.wasm) echo "no nuts: wasm trap: interrupt" >&2; trap="unreachable" ;;
    *-Wtimeout=500ms*command_spins.wasm) echo spinning; trap="interrupt" ;;
    *-Wmax-memory-size=33554432*command_grows.wasm) trap="unreachable" ;;
    *command_cat.wasm) exec cat ;;
    *command_exits.wasm\ 3) exit 3 ;;
    *) exit 1 ;;
esac
printf 'Error: failed to run main module `x.wasm`\n\nCaused by:\n    2: wasm trap: %s\n' "$trap" >&2
exit 134
"#;
    let dir = tempfile::tempdir().unwrap();
    let runtime = dir.path().join("runtime");
    fs::write(&runtime, script).unwrap();
    fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let adapter = ["--", CONFORM, "adapter", "wasmtime", "--wasmtime", runtime.to_str().unwrap()];
    let run = |filter: &[&str]| {
        let args: Vec<&str> = ["run", "--jobs", "1"].iter().chain(filter).chain(&adapter).copied().collect();
        conform(&args)
    };
    let passed = run(&[
        "isolation/command",
        "capability/command-exit",
        "capability/command-failure",
        "lifecycle/returns",
    ]);
    code(&passed, 0);
    let said = text(&passed.stdout);
    assert!(said.contains("wasmtime run shell 1.0"), "{said}");
    assert!(said.contains("all                    5       0       1       0"), "{said}");
    let nowhere =
        conform(&["run", "--", CONFORM, "adapter", "wasmtime", "--wasmtime", "/nonexistent/wasmtime"]);
    code(&nowhere, 4);
    assert!(text(&nowhere.stderr).contains("`/nonexistent/wasmtime --version` cannot be run"));
    // It gives no arguments and no environment to anybody.
    let failed = run(&["capability/command-arguments"]);
    code(&failed, 1);
}
