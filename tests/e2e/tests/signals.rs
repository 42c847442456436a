//! Ctrl-C and its like.

use dormouse_e2e::{Running, Signal, names};
use test_artifacts as programs;

#[test]
fn an_interrupt_cancels_and_a_task_that_listens_ends_cleanly() {
    let mut running = Running::start(["run", programs::CANCEL_WAITING, "--arg", "terminating"]);
    running.wait_for("progress");
    running.signal(Signal::INT);
    let end = running.wait_for("ended");
    assert_eq!((&end["outcome"], &end["forced"]), (&"canceled".into(), &false.into()));
    assert_eq!(end["policy"], "shutdown");
    let (ended, events) = running.finish();
    ended.expect_code(130).expect_stderr("press Ctrl-C again");
    assert!(!names(&events).contains(&"completed"));
}

#[test]
fn a_second_interrupt_takes_down_what_does_not_listen() {
    let mut running = Running::start(["run", programs::CANCEL_IGNORED, "--grace", "1m"]);
    running.wait_for("progress");
    running.signal(Signal::INT);
    running.wait_for("cancel-requested");
    running.wait_for_note("press Ctrl-C again");
    running.signal(Signal::INT);
    let end = running.wait_for("ended");
    assert_eq!((&end["outcome"], &end["forced"]), (&"canceled".into(), &true.into()));
    assert!(end["receipt"]["wall_ms"].as_f64().is_some_and(|ms| ms < 60_000.0), "the grace was waited for");
    running.finish().0.expect_code(130).expect_stderr("killing what runs");
}

#[test]
fn a_task_that_spins_is_taken_down_too() {
    let mut running = Running::start(["run", programs::CANCEL_SPIN, "--grace", "1m"]);
    running.wait_for("started");
    running.signal(Signal::INT);
    running.wait_for("cancel-requested");
    running.wait_for_note("press Ctrl-C again");
    running.signal(Signal::INT);
    assert_eq!(running.wait_for("ended")["forced"], true);
    running.finish().0.expect_code(130);
}

#[test]
fn other_signals_to_end_do_the_same_and_have_their_own_codes() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut running = Running::start(["run", programs::CANCEL_WAITING, "--arg", "terminating"]);
        running.wait_for("progress");
        running.signal(signal);
        assert_eq!(running.wait_for("ended")["forced"], false);
        running.finish().0.expect_code(code);
    }
}

#[test]
fn a_trigger_that_waits_can_be_interrupted() {
    let mut running = Running::start(["run", programs::RUN_NO_DETAILS, "--every", "1h"]);
    running.wait_for("registered");
    running.signal(Signal::INT);
    let (ended, events) = running.finish();
    ended.expect_code(130);
    assert!(!names(&events).contains(&"fired"));
}

#[test]
fn what_is_lost_and_how_to_keep_it_is_said() {
    let mut running = Running::start(["run", programs::CANCEL_SLEEPING, "--count", "3"]);
    for _ in 0..3 {
        running.wait_for("fired");
    }
    running.signal(Signal::INT);
    running
        .finish()
        .0
        .expect_code(130)
        .expect_stderr("3 activations did not end and are lost; --state DIR keeps them");
}
