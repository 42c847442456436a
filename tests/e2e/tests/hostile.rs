//! Guests that mean harm, seen from a terminal. The rest of the corpus is in `tests/conformance`.

use std::process::Command;

use dormouse_e2e::{Ended, command, dormouse, ended, json_lines};
use test_artifacts as programs;

fn attack(program: &str, attack: &str) -> Ended {
    dormouse(["run", program, "--arg", attack])
}

/// What a terminal would obey, or what turns the direction of writing.
fn obeyed(text: &str) -> bool {
    text.contains(|c: char| {
        c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[test]
fn nothing_that_a_guest_writes_or_is_called_is_obeyed() {
    for (arguments, code) in [("output", 0), ("failure", 1), ("panic", 1), ("lookup", 0), ("name", 0)] {
        let ended = attack(programs::HOSTILE_TEXT_ESCAPES, arguments).expect_code(code);
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!obeyed(text), "{arguments}: {text:?}");
            let forged = text.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z ERROR"));
            assert!(!forged, "{arguments}: a line of the guest's own making: {text}");
        }
    }
}

#[test]
fn a_receipt_that_a_guest_prints_is_seen_to_be_its_output() {
    let ended = attack(programs::HOSTILE_MISUSE_LIES, "receipt").expect_code(1);
    assert_eq!(ended.receipt("outcome"), "failed");
    for line in ended.stdout.lines() {
        let (run, _) = line.split_once(" | ").expect("each line says whose it is");
        assert_eq!(run.len(), 8, "{line}");
    }
    // For programs as well: whatever it printed is inside of a string.
    let arguments = ["run", programs::HOSTILE_MISUSE_LIES, "--arg", "receipt", "--json"];
    let events = json_lines(&dormouse(arguments).expect_code(1).stdout);
    assert!(events.iter().all(|event| event["event"].is_string()), "{events:#?}");
    let outcomes = events.iter().filter(|event| event["event"] == "ended").count();
    assert_eq!(outcomes, 1, "{events:#?}");
}

#[test]
fn one_guest_cannot_have_all_files_of_a_process_that_was_given_few() {
    let dormouse = command(["run", programs::HOSTILE_FILES_FLOOD, "--arg", "handles"]);
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -S -n 256 && exec \"$0\" \"$@\""])
        .arg(dormouse.get_program())
        .args(dormouse.get_args());
    for (name, value) in dormouse.get_envs() {
        match value {
            Some(value) => few.env(name, value),
            None => few.env_remove(name),
        };
    }
    let ended = ended(few).expect_code(1);
    assert!(ended.receipt("outcome").contains("limit"), "it was its own limit that it met: {}", ended.stderr);
}
