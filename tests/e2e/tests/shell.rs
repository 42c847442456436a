//! What shells and scripts need: completions, help, and objects that keep their names.

use std::process::Command;

use dormouse_e2e::{Daemon, Package, Value, dormouse, json_lines};
use test_artifacts as programs;

#[test]
fn completions_are_there_for_each_shell_and_bash_understands_them() {
    for (shell, marks) in [
        ("bash", &["complete -F", "redrive", "--token-file"][..]),
        ("zsh", &["#compdef dormouse", "redrive"]),
        ("fish", &["complete -c dormouse", "redrive"]),
    ] {
        let script = dormouse(["completions", shell]).expect_code(0).stdout;
        for mark in marks {
            assert!(script.contains(mark), "no {mark:?} for {shell}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dormouse.bash");
    std::fs::write(&path, dormouse(["completions", "bash"]).stdout).unwrap();
    assert!(Command::new("bash").arg("-n").arg(&path).status().unwrap().success());
    dormouse(["completions", "edlin"]).expect_code(2).expect_error("edlin");
}

#[test]
fn a_wrong_command_is_answered_with_the_one_that_was_meant() {
    dormouse(["fier", "x"]).expect_code(2).expect_error("fire");
    dormouse(["dead", "redirve", "x"]).expect_code(2).expect_error("redrive");
}

#[track_caller]
fn has(object: &Value, fields: &[&str]) {
    for field in fields {
        assert!(object.get(field).is_some(), "no `{field}` in {object:#}");
    }
}

/// Scripts read these: a field may come, none may go.
#[test]
fn the_objects_that_are_printed_keep_their_fields() {
    let state = dormouse_e2e::state_dir();
    let one = |args: &[&str]| {
        let all = args.iter().copied().chain(["--json", "--state", state.path().to_str().unwrap()]);
        json_lines(&dormouse(all).expect_code(0).stdout).pop().unwrap()
    };
    let nest = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", "");
    has(
        &one(&["install", nest.arg()]),
        &["event", "app", "version", "newly_taken", "registered", "not_granted", "update_task"],
    );
    let package = ["app", "version", "digest", "access", "granted", "life", "registrations", "loaded"];
    has(&one(&["apps"]), &package);
    let register = ["register", "org.example.nest", "--name", "x", "--entry-point", "main", "--every", "1h"];
    has(&one(&register), &["id", "access", "contradictions"]);
    has(
        &one(&["list"]),
        &[
            "id",
            "app",
            "group",
            "name",
            "entry_point",
            "trigger",
            "trigger_text",
            "conditions",
            "status",
            "waiting",
            "running",
            "quarantined",
            "next",
        ],
    );
    has(
        &one(&["explain", "x"]),
        &["verdict", "id", "conditions", "waiting", "running", "refusals", "history", "next"],
    );
    has(&one(&["show", "x"]), &["registration", "explanation", "quota"]);
    has(&one(&["access", "org.example.nest"]), &["app", "access", "installed"]);
    has(&one(&["app-limits", "org.example.nest"]), &["app", "decided", "limits"]);
    let shown = one(&["show", "org.example.nest"]);
    has(&shown["package"], &package);
    has(
        &shown["usage"],
        &[
            "app",
            "quota",
            "limits",
            "folders",
            "settings",
            "settings_bytes",
            "registrations",
            "running",
            "runs",
        ],
    );
    has(&one(&["triggers"]), &["uwp", "family", "here", "kind", "written", "note"]);
    has(&one(&["conditions"]), &["condition", "holds", "means"]);
    has(&one(&["doctor"]), &["what", "level", "found", "means"]);
    has(&one(&["unregister", "x"]), &["id", "canceled"]);
    has(&one(&["uninstall", "org.example.nest", "--yes"]), &["event", "app"]);
}

#[test]
fn the_doctor_says_of_everything_what_it_means() {
    let state = dormouse_e2e::state_dir();
    let path = state.path().to_str().unwrap();
    let found = json_lines(&dormouse(["doctor", "--json", "--state", path]).expect_code(0).stdout);
    for what in [
        "host",
        "engine",
        "vm.max_map_count",
        "ticker",
        "compiler",
        "open files",
        "threads",
        "file system",
        "writing",
        "clock source",
        "clock synchronization",
        "wall clock",
        "time zones",
    ] {
        let finding = found.iter().find(|finding| finding["what"] == what);
        assert!(
            finding.is_some_and(|finding| !finding["means"].as_str().unwrap().is_empty()),
            "{what}: {found:?}"
        );
    }
    let compiler = found.iter().find(|finding| finding["what"] == "compiler").unwrap();
    assert_eq!(compiler["level"], "ok", "{compiler}");
}

#[test]
fn the_doctor_only_looks_at_the_database() {
    let state = dormouse_e2e::state_dir();
    let path = state.path().to_str().unwrap();
    let package = Package::new("1.0.0", programs::RUN_RETURNS_OK, "", "");
    dormouse(["install", package.arg(), "--state", path]).expect_code(0);
    let lock = state.path().join("dormouse.lock");
    std::fs::remove_file(&lock).unwrap();
    let examined = || dormouse(["doctor", "--state", path]).expect_code(0);
    examined().expect_stdout("nobody uses it now");
    assert!(!lock.exists(), "the doctor took the lock");
    let daemon = Daemon::start(state.path(), [] as [&str; 0]);
    examined().expect_stdout(&format!("in use by process {}", daemon.id()));
}

#[test]
fn where_a_secret_is_seen_is_said_where_it_is_given() {
    for (args, told) in [
        (&["register", "--help"][..], "in the clear"),
        (&["webhooks", "add", "--help"], "no place for a secret"),
    ] {
        let help = dormouse(args).expect_code(0).stdout;
        let words: Vec<&str> = help.split_whitespace().collect();
        assert!(words.join(" ").contains(told), "no {told:?} in\n{help}");
    }
}
