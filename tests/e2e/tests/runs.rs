//! Runs to their end: what is printed, and what is exited with.

use std::fs;
use std::net::TcpListener;
use std::thread;

use dormouse_e2e::{Ended, command, dormouse, ended, json_lines, names};
use test_artifacts as programs;

fn run(program: &str, args: &[&str]) -> Ended {
    dormouse(["run", program].iter().chain(args))
}

#[test]
fn a_success_prints_its_receipt_and_exits_with_0() {
    let ended = run(programs::RUN_RETURNS_OK, &[]).expect_code(0);
    assert_eq!(ended.receipt("outcome"), "succeeded");
    for row in ["queue wait", "wall", "cpu", "peak memory", "output", "deferrals", "pauses", "denials"] {
        assert_ne!(ended.receipt(row), "", "{row}");
    }
    assert_eq!(ended.stdout, "");
}

#[test]
fn the_tasks_output_is_on_stdout_and_its_errors_are_marked_on_stderr() {
    let ended = run(programs::STDIO_STDIN_EMPTY, &["--color", "never"]).expect_code(0);
    let (id, text) = ended.stdout.trim_end().split_once(" | ").unwrap();
    assert_eq!((id.len(), text), (8, "to stdout"));
    let marked = format!("{id} stderr | to stderr");
    ended.expect_stderr(&marked);
}

#[test]
fn a_failure_exits_with_1_and_says_what_the_task_said() {
    let ended = run(programs::RUN_FAILS, &[]).expect_code(1);
    assert_eq!(ended.receipt("message"), "the feed is gone");
}

#[test]
fn a_trap_exits_with_1_and_names_its_kind() {
    let ended = run(programs::TRAP_PANIC, &[]).expect_code(1).expect_stderr("stderr | the feed is cursed");
    assert_eq!(ended.receipt("outcome"), "trapped, unreachable");
}

#[test]
fn an_abandoned_deferral_exits_with_1() {
    let ended = run(programs::DEFERRAL_ABANDONED, &[]).expect_code(1);
    assert_eq!(ended.receipt("outcome"), "deferral-abandoned");
}

#[test]
fn arguments_reach_the_task_from_the_command_line() {
    run(programs::RUN_SLEEPS, &["--arg", "1"]).expect_code(0);
    let ended = run(programs::RUN_SLEEPS, &["--arg", "-x"]).expect_code(1);
    assert_eq!(ended.receipt("outcome"), "failed");
}

#[test]
fn arguments_reach_the_task_as_bytes_from_a_file_and_from_stdin() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("arguments");
    fs::write(&file, b"night shift\x00\xff").unwrap();
    let printed = run(programs::RUN_ECHO_ARGS, &["--arg-file", file.to_str().unwrap()]).expect_code(0);
    assert!(printed.stdout.contains("| night shift\\u{0}\u{fffd}"), "{}", printed.stdout);

    let mut piped = command(["run", programs::RUN_ECHO_ARGS, "--arg-file", "-"]);
    piped.stdin(fs::File::open(&file).unwrap());
    ended(piped).expect_code(0);
}

#[test]
fn a_cpu_budget_cancels_and_the_grace_ends_it_by_force() {
    let ended = run(programs::LIMIT_CPU_SPIN, &["--cpu", "100ms", "--grace", "50ms"]).expect_code(3);
    assert!(ended.receipt("outcome").contains("by force"));
    assert_eq!(ended.receipt("reason"), "execution-time-exceeded");
    assert_eq!(ended.receipt("policy"), "cpu");
    assert!(ended.receipt("detail").contains("100ms"));
}

#[test]
fn a_wall_budget_cancels_and_a_task_that_listens_ends_cleanly() {
    let ended = run(programs::CANCEL_SLEEPING, &["--wall", "100ms"]).expect_code(3);
    assert_eq!(ended.receipt("outcome"), "canceled, cleanly");
    assert_eq!(ended.receipt("policy"), "wall");
    assert!(ended.stdout.contains("execution-time-exceeded"), "{}", ended.stdout);
}

#[test]
fn a_memory_limit_is_an_answer_to_the_task_and_a_line_for_people() {
    let ended = run(programs::LIMIT_MEMORY_GROW, &["--memory", "16MiB"]).expect_code(0);
    let got: u64 = ended.stdout.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((1..16 << 20).contains(&got), "{got}");
    assert!(ended.receipt("peak memory").contains("refused growths"));
    let ended = ended.expect_stderr("the limit being 16.0 MiB; raise it with `--memory`");
    drop(ended);
    let ended = run(programs::LIMIT_MEMORY_ABORT, &["--memory", "16MiB"]).expect_code(1);
    assert_eq!(ended.receipt("outcome"), "trapped, unreachable");
}

#[test]
fn a_flood_of_output_is_cut_and_counted() {
    let ended = run(programs::LIMIT_STDOUT_FLOOD, &["--arg", "8"]).expect_code(0);
    assert!(ended.receipt("output").contains("dropped"), "{}", ended.receipt("output"));
    assert!(ended.receipt("output").starts_with("8.0 MiB stdout"), "{}", ended.receipt("output"));
    assert!(ended.stdout.contains("| begin\n"));
    assert!(ended.stdout.len() < 2 << 20, "{} bytes were printed", ended.stdout.len());
}

#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("acorn"), "\x1b[2J\x1b]0;owned\x07\r\u{9b}31m\u{202e}txt").unwrap();
    let grant = format!("{}::/data", dir.path().display());
    let ended = run(programs::GRANT_DIR_READ_ONLY, &["--dir", &grant]).expect_code(0);
    assert!(
        ended.stdout.contains("| \\u{1b}[2J\\u{1b}]0;owned\\u{7}\\r\\u{9b}31m\\u{202e}txt\n"),
        "{}",
        ended.stdout
    );
    let obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!ended.stdout.contains(obeyed) && !ended.stderr.contains(obeyed));
}

#[test]
fn a_directory_is_read_only_unless_it_is_granted_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let acorn = dir.path().join("acorn");
    fs::write(&acorn, "nut").unwrap();
    let grant = format!("{}::/data", dir.path().display());
    run(programs::GRANT_DIR_READ_ONLY, &["--dir", &grant]).expect_code(0);
    assert_eq!(fs::read_to_string(&acorn).unwrap(), "nut");
    run(programs::GRANT_DIR_RW, &["--dir", &grant]).expect_code(1);
    run(programs::GRANT_DIR_RW, &["--dir", &format!("{grant}:rw")]).expect_code(0);
    assert_eq!(fs::read_to_string(&acorn).unwrap(), "nutnut");
}

#[test]
fn the_environment_is_what_was_granted_and_nothing_else() {
    run(programs::GRANT_ENV, &["--arg", ""]).expect_code(0);
    let mut inherits =
        command(["run", programs::GRANT_ENV, "--env", "A=b=c", "--env", "NEST", "--arg", "A=b=c\nNEST=oak"]);
    inherits.env("NEST", "oak").env("NOT_GRANTED", "x");
    ended(inherits).expect_code(0);
}

#[test]
fn a_denied_connection_names_the_address_and_the_flag_that_would_grant_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let denied = run(programs::GRANT_NET_DENIED, &["--arg", &address]).expect_code(0);
    assert_ne!(denied.receipt("denials"), "0");
    denied.expect_stderr("grant it with `--allow-net");

    let other = run(programs::GRANT_NET_DENIED, &["--arg", &address, "--allow-net", "192.0.2.1:9"]);
    other.expect_stderr(&format!("denied    connect {address}; grant it with `--allow-net {address}`"));
}

#[test]
fn a_granted_address_can_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let echo = thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    run(programs::GRANT_NET_ALLOWED, &["--arg", &address, "--allow-net", &address]).expect_code(0);
    echo.join().unwrap();
}

#[test]
fn json_is_one_object_a_line_in_the_order_in_which_things_happened() {
    let ended = run(programs::STDIO_STDIN_EMPTY, &["--json"]).expect_code(0);
    let events = json_lines(&ended.stdout);
    let expected = ["registered", "fired", "started", "output", "output", "returned", "ended", "completed"];
    assert_eq!(names(&events), expected);
    assert_eq!(ended.stderr, "");
    let end = &events[6];
    assert_eq!(end["outcome"], "succeeded");
    assert_eq!(end["attempt"], 1);
    assert_eq!(end["receipt"]["stdout_bytes"], 10);
    assert!(end["receipt"]["cpu_ms"].as_f64().is_some_and(|ms| ms > 0.0));
    assert!(events.iter().all(|event| event["time"].as_str().is_some_and(|t| t.ends_with('Z'))));
    assert!(events[2..7].iter().all(|event| event["run"] == end["run"]));
}

#[test]
fn a_failed_activation_is_tried_again_as_often_as_was_asked() {
    let ended = run(programs::RUN_FAILS, &["--json", "--retry", "1"]).expect_code(1);
    let events = json_lines(&ended.stdout);
    let attempts: Vec<_> =
        events.iter().filter(|e| e["event"] == "ended").map(|e| e["attempt"].clone()).collect();
    assert_eq!(attempts, [1, 2]);
    assert_eq!(names(&events).iter().filter(|name| **name == "retrying").count(), 1);
}

#[test]
fn a_count_of_requests_runs_one_after_the_other() {
    let ended = run(programs::RUN_SLEEPS, &["--json", "--count", "3", "--arg", "1"]).expect_code(0);
    let events = json_lines(&ended.stdout);
    let running: Vec<_> =
        names(&events).into_iter().filter(|name| matches!(*name, "started" | "ended")).collect();
    assert_eq!(running, ["started", "ended", "started", "ended", "started", "ended"]);
}

#[test]
fn a_quota_pauses_and_does_not_kill() {
    let ended = run(programs::PAUSE_COUNTS, &["--arg", "1", "--quota", "50ms/1s"]).expect_code(0);
    assert_ne!(ended.receipt("pauses"), "0");
    assert!(ended.stdout.contains("cpu=1"), "{}", ended.stdout);
}

#[test]
fn a_time_trigger_fires_as_often_as_is_counted() {
    let ended = run(programs::RUN_NO_DETAILS, &["--every", "1s", "--count", "2", "--json"]).expect_code(0);
    let events = json_lines(&ended.stdout);
    assert_eq!(names(&events).iter().filter(|name| **name == "completed").count(), 2);
}

#[test]
fn quiet_leaves_only_what_the_task_wrote() {
    let ended = run(programs::STDIO_STDIN_EMPTY, &["--quiet"]).expect_code(0);
    assert!(ended.stdout.ends_with("| to stdout\n"));
    assert!(
        ended.stderr.ends_with("stderr | to stderr\n") && ended.stderr.lines().count() == 1,
        "{}",
        ended.stderr
    );
    run(programs::RUN_FAILS, &["--quiet"]).expect_code(1).expect_stderr("the feed is gone");
}

#[test]
fn color_is_for_terminals_unless_it_is_asked_for() {
    let plain = run(programs::STDIO_STDIN_EMPTY, &[]).expect_code(0);
    assert!(!plain.stdout.contains('\x1b') && !plain.stderr.contains('\x1b'));
    let colored = run(programs::STDIO_STDIN_EMPTY, &["--color", "always"]).expect_code(0);
    assert!(colored.stdout.contains('\x1b') && colored.stderr.contains('\x1b'));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_without_a_word() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    let mut child = command(["run", programs::RUN_NO_DETAILS, "--every", "1s", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"));
}

#[test]
fn the_help_has_examples_and_exit_codes_and_the_version_is_told() {
    let help = dormouse(["run", "--help"]).expect_code(0).stdout;
    for part in
        ["Examples:", "Exit codes:", "Trigger:", "Grants:", "Limits:", "State:", "Output:", "--allow-net"]
    {
        assert!(help.contains(part), "no {part:?} in\n{help}");
    }
    let version = dormouse(["--version"]).expect_code(0).stdout;
    assert!(version.starts_with("dormouse "), "{version}");
}
