//! `dormouse run-command`: what a program is given, what comes back, and that it is contained.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use dormouse_e2e::{Ended, Signal, Value, command, dormouse, ended, json_lines};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, kill_process};
use test_artifacts as programs;

fn run(flags: &[&str], program: &str, args: &[&str]) -> Ended {
    dormouse(["run-command"].iter().chain(flags).chain(&[program]).chain(args))
}

/// The program while it runs, with pipes to it.
fn spawn(flags: &[&str], program: &str, args: &[&str]) -> Child {
    let mut command: Command = command(["run-command"].iter().chain(flags).chain(&[program]).chain(args));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finished(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn report(ended: &Ended) -> Value {
    // Behind what the program wrote there.
    json_lines(ended.stderr.lines().last().unwrap()).pop().unwrap()
}

#[test]
fn arguments_and_environment_are_passed_on_and_nothing_else_is() {
    let said = run(&["--env", "NUTS=3"], programs::COMMAND_SAYS, &["--json", "-x", "--", ""]).expect_code(0);
    assert_eq!(said.stdout, "command_says.wasm\n--json\n-x\n--\n\nNUTS=3\nfalse\n");
    assert_eq!(said.stderr, "");
    let named = run(&["--argv0", "nut"], programs::COMMAND_SAYS, &[]).expect_code(0);
    assert_eq!(named.stdout, "nut\nfalse\n");
}

#[test]
fn an_exit_code_is_passed_on() {
    for code in [0, 1, 3, 42, 255] {
        let ended = run(&[], programs::COMMAND_EXITS, &[&code.to_string()]).expect_code(code);
        assert_eq!(ended.stderr, "", "it is the program's own affair");
    }
    run(&[], programs::COMMAND_FAILS, &[]).expect_code(1);
}

#[test]
fn a_trap_has_a_code_of_its_own_and_an_explanation() {
    let ended = run(&[], programs::COMMAND_PANICS, &[]).expect_code(134);
    assert!(ended.stderr.contains("no nuts"), "{}", ended.stderr);
    ended.expect_stderr("trapped").expect_stderr("help: ");
}

#[test]
fn limits_have_a_code_of_their_own_and_say_which_it_was() {
    let limits = ["--limit", "cpu=50ms", "--limit", "grace=50ms"];
    let spun = run(&limits, programs::COMMAND_SPINS, &[]).expect_code(124);
    assert_eq!(spun.stdout, "spinning\n");
    spun.expect_stderr("reached a limit").expect_stderr("policy cpu");
    run(&["--limit", "memory=16MiB"], programs::COMMAND_GROWS, &[]).expect_code(124);
    run(&["--limit", "memory=16EiB"], programs::COMMAND_SAYS, &[]).expect_code(2).expect_error("memory");
    run(&["--limit", "nuts=3"], programs::COMMAND_SAYS, &[]).expect_code(2).expect_error("nuts");
}

#[test]
fn a_receipt_goes_to_standard_error_or_to_a_file() {
    let ended = run(&["--json"], programs::COMMAND_EXITS, &["3"]).expect_code(3);
    let told = report(&ended);
    assert_eq!((&told["exit"], &told["outcome"]), (&3.into(), &"failed".into()));
    assert!(told["receipt"]["cpu_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{told}");

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("receipt.json");
    let flag = format!("--json={}", file.display());
    let limits = [flag.as_str(), "--limit", "cpu=50ms", "--limit", "grace=50ms"];
    run(&limits, programs::COMMAND_SPINS, &[]).expect_code(124).expect_stderr("reached a limit");
    let told: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!((&told["exit"], &told["policy"]), (&Value::Null, &"cpu".into()));

    let ended = run(&["--verbose"], programs::COMMAND_SAYS, &[]).expect_code(0);
    assert_eq!(ended.receipt("outcome"), "succeeded");
}

#[test]
fn standard_input_is_streamed() {
    let mut child = spawn(&[], programs::COMMAND_CAT, &[]);
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    // Each line comes back before the next is written: nothing waits for the end.
    for line in ["acorns\n", "beechnuts\n"] {
        stdin.write_all(line.as_bytes()).unwrap();
        let mut back = String::new();
        stdout.read_line(&mut back).unwrap();
        assert_eq!(back, line);
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    finished(child).expect_code(0);
}

#[test]
fn a_reader_who_has_enough_ends_it_without_a_word() {
    let mut child = spawn(&["--json"], programs::COMMAND_FLOODS, &["1000"]);
    let mut some = [0; 1024];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    // The program is told that nobody reads, and fails.
    let ended = finished(child).expect_code(1);
    let told = report(&ended);
    let written = told["receipt"]["stdout_bytes"].as_u64().unwrap();
    assert!(written < 1024 * 1024, "{written} bytes were written to nobody");
}

#[test]
fn directories_are_those_that_were_granted_and_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "acorns").unwrap();
    let path = dir.path().to_str().unwrap();
    let as_data = format!("{path}::/data");
    run(&["--dir", &as_data], programs::COMMAND_FILES, &["/data/a", "/data/b"]).expect_code(0);
    assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "acorns");
    // Under its own name.
    let (from, to) = (format!("{path}/a"), format!("{path}/c"));
    run(&["--dir", path], programs::COMMAND_FILES, &[&from, &to]).expect_code(0);
    let read_only = format!("{as_data}:ro");
    run(&["--dir", &read_only], programs::COMMAND_FILES, &["/data/a", "/data/d"]).expect_code(1);
    run(&[], programs::COMMAND_FILES, &["/data/a", "/data/d"]).expect_code(1);
    run(&["--dir", "no/such::/data"], programs::COMMAND_SAYS, &[]).expect_code(2).expect_error("--dir");
}

#[test]
fn the_network_is_what_was_granted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let dialled = run(&["--net", &address], programs::COMMAND_DIALS, &[&address]).expect_code(0);
    assert_eq!(dialled.stdout, "connected\n");
    let refused = run(&["--json"], programs::COMMAND_DIALS, &[&address]).expect_code(0);
    assert_eq!(refused.stdout, "permission denied\n");
    assert_eq!(report(&refused)["receipt"]["denials"], 1);
}

#[test]
fn signals_cancel_and_then_kill() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = spawn(&["--json", "--limit", "grace=50ms"], programs::COMMAND_SPINS, &[]);
        wait_for_line(&mut child);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let told = report(&finished(child).expect_code(code));
        assert_eq!((&told["outcome"], &told["policy"]), (&"canceled".into(), &"operator".into()));
    }
    // Without the second signal it would have a minute.
    let mut child = spawn(&["--json", "--limit", "grace=1m"], programs::COMMAND_SPINS, &[]);
    wait_for_line(&mut child);
    let id = Pid::from_child(&child);
    let mut ended = None;
    for () in dormouse_e2e::patiently() {
        ended = child.try_wait().unwrap();
        if ended.is_some() {
            break;
        }
        // Two that are one to the kernel are one to the program: sent until it has ended.
        let _ = kill_process(id, Signal::INT);
    }
    assert_eq!(ended.and_then(|status| status.code()), Some(130));
    let told = report(&finished(child));
    assert!(told["receipt"]["wall_ms"].as_f64().is_some_and(|ms| ms < 60_000.0), "the grace was waited for");
}

#[test]
fn a_signal_before_the_program_runs_ends_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.wasm");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let child = spawn(&[], pipe.to_str().unwrap(), &[]);
        // From here on it reads what never comes.
        let _writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        finished(child).expect_code(code);
    }
}

fn wait_for_line(child: &mut Child) {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "spinning\n");
}

#[test]
fn bytes_are_passed_on_as_they_are_where_there_is_no_terminal() {
    let ended = run(&[], programs::COMMAND_WRITES_ESCAPES, &[]).expect_code(0);
    assert_eq!(ended.stdout, "\x1b[2Jcleared\x1b]52;c;eA==\x07\n");
}

#[test]
fn a_core_module_of_the_first_preview_runs_and_what_is_no_program_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let exits = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 42))))"#;
    run(&[], &write("exits.wasm", &wat::parse_str(exits).unwrap()), &[]).expect_code(42);
    let library = write("library.wasm", &wat::parse_str("(module)").unwrap());
    run(&[], &library, &[])
        .expect_code(4)
        .expect_stderr("cannot be run")
        .expect_stderr("no command can be made");
    run(&[], programs::RUN_RETURNS_OK, &[]).expect_code(4).expect_stderr("the component imports");
    run(&[], &write("notes.wasm", b"buy nuts"), &[]).expect_code(4).expect_error("not WebAssembly");
    run(&[], "no/such.wasm", &[]).expect_code(4).expect_error("cannot be read");
}

#[test]
fn nothing_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut said = command(["run-command", programs::COMMAND_SAYS]);
    said.env("HOME", home.path()).env("XDG_STATE_HOME", home.path().join("state"));
    ended(said).expect_code(0);
    assert!(!home.path().join("state").exists());
}
