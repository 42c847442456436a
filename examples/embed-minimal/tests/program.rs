//! The program, run.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_embed-minimal");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_runs_a_task_and_says_how_it_ended() {
    let output = run(&[test_examples::GREETER, "Ada"]);
    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(stdout.starts_with("hello, Ada\ngoodbye\nsucceeded after "), "{stdout}");
}

#[test]
fn a_task_that_does_not_succeed_is_a_program_that_does_not() {
    let output = run(&[test_examples::BAD_CITIZEN, "panic"]);
    assert!(!output.status.success());
    assert!(text(&output.stdout).contains("trapped (unreachable)"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("the task did not succeed"), "{}", text(&output.stderr));
}

#[test]
fn what_is_wrong_with_its_argument_is_said() {
    let none = run(&[]);
    assert!(!none.status.success());
    assert!(text(&none.stderr).contains("Usage: embed-minimal"), "{}", text(&none.stderr));
    let missing = run(&["no-such-file.wasm"]);
    assert!(text(&missing.stderr).contains("no-such-file.wasm cannot be read"), "{}", text(&missing.stderr));
    let other = run(&[file!()]);
    assert!(!other.status.success());
}
