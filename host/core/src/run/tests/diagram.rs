//! The drawing at the head of `run.rs`, as a table: every arrow of it is taken by some sequence of inputs,
//! and no sequence of inputs takes any other.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::{Output, RunMachine, Throttle};
use super::support::{Input, START, run, secs};
use crate::time::Instant;

/// From, on what, to, and what is answered.
///
/// A tick stands for the guest's CPU time and for the moment; which of them was spent is not told here.
const ARROWS: &[(&str, &str, &str, &str)] = &[
    ("running", "take", "running", "-"),
    ("running", "complete", "running", "-"),
    ("running", "complete", "running", "done"),
    ("running", "return", "deferred", "-"),
    ("running", "return", "ended", "end"),
    ("running", "nothing-left", "running", "-"),
    ("running", "trap", "ended", "end"),
    ("running", "cancel", "canceling", "tell"),
    ("running", "kill", "ended", "end"),
    ("running", "lose", "ended", "end"),
    ("running", "pause", "paused", "pause"),
    ("running", "overdraw", "running", "-"),
    ("running", "tick", "running", "-"),
    ("running", "tick", "canceling", "tell"),
    //
    ("deferred", "take", "deferred", "-"),
    ("deferred", "complete", "deferred", "-"),
    ("deferred", "complete", "ended", "end"),
    ("deferred", "return", "deferred", "-"),
    ("deferred", "nothing-left", "ended", "end"),
    ("deferred", "trap", "ended", "end"),
    ("deferred", "cancel", "canceling", "tell"),
    ("deferred", "kill", "ended", "end"),
    ("deferred", "lose", "ended", "end"),
    ("deferred", "pause", "paused", "pause"),
    ("deferred", "overdraw", "deferred", "-"),
    ("deferred", "tick", "deferred", "-"),
    ("deferred", "tick", "canceling", "tell"),
    // The guest is not polled, but what its last poll did may come after the pause.
    ("paused", "take", "paused", "-"),
    ("paused", "complete", "paused", "-"),
    ("paused", "complete", "paused", "done"),
    ("paused", "complete", "ended", "end"),
    ("paused", "return", "paused", "-"),
    ("paused", "return", "ended", "end"),
    ("paused", "nothing-left", "paused", "-"),
    ("paused", "nothing-left", "ended", "end"),
    ("paused", "trap", "ended", "end"),
    ("paused", "cancel", "canceling", "tell"),
    ("paused", "kill", "ended", "end"),
    ("paused", "lose", "ended", "end"),
    ("paused", "pause", "paused", "-"),
    ("paused", "overdraw", "paused", "-"),
    ("paused", "tick", "paused", "-"),
    ("paused", "tick", "running", "resume"),
    ("paused", "tick", "deferred", "resume"),
    ("paused", "tick", "canceling", "tell"),
    //
    ("canceling", "take", "canceling", "-"),
    ("canceling", "complete", "canceling", "-"),
    ("canceling", "complete", "ended", "end"),
    ("canceling", "return", "canceling", "-"),
    ("canceling", "return", "ended", "end"),
    ("canceling", "nothing-left", "canceling", "-"),
    ("canceling", "nothing-left", "ended", "end"),
    ("canceling", "trap", "ended", "end"),
    ("canceling", "cancel", "canceling", "-"),
    ("canceling", "kill", "ended", "end"),
    ("canceling", "lose", "ended", "end"),
    ("canceling", "pause", "canceling", "-"),
    ("canceling", "overdraw", "ended", "end"),
    ("canceling", "tick", "canceling", "-"),
    ("canceling", "tick", "ended", "end"),
    //
    ("ended", "take", "ended", "-"),
    ("ended", "complete", "ended", "-"),
    ("ended", "return", "ended", "-"),
    ("ended", "nothing-left", "ended", "-"),
    ("ended", "trap", "ended", "-"),
    ("ended", "cancel", "ended", "-"),
    ("ended", "kill", "ended", "-"),
    ("ended", "lose", "ended", "-"),
    ("ended", "pause", "ended", "-"),
    ("ended", "overdraw", "ended", "-"),
    ("ended", "tick", "ended", "-"),
];

/// So many inputs reach every arrow: take, return, pause, and what follows.
const DEPTH: u32 = 4;

type Arrow = (&'static str, &'static str, &'static str, &'static str);

/// Where in the drawing a run is, from what it says of itself.
fn phase(run: &RunMachine) -> &'static str {
    if run.has_ended() {
        "ended"
    } else if run.cancellation().is_some() {
        "canceling"
    } else if run.is_paused() {
        "paused"
    } else if run.has_returned() {
        "deferred"
    } else {
        "running"
    }
}

fn said(output: Option<&Output>) -> &'static str {
    match output {
        None => "-",
        Some(Output::Tell) => "tell",
        Some(Output::Done) => "done",
        Some(Output::Pause) => "pause",
        Some(Output::Resume) => "resume",
        Some(Output::End(_)) => "end",
    }
}

/// Takes every path of `depth` inputs from `run`, and notes its arrows.
fn walk(run: &RunMachine, now: Instant, depth: u32, taken: &mut BTreeSet<Arrow>) {
    if depth == 0 {
        return;
    }
    // A short while later, and as late as the run itself says that something will be due.
    let soon = now + Duration::from_millis(1);
    let due = run.next_timeout().unwrap_or(now).max(now);
    let mut inputs: Vec<_> = Input::each().into_iter().map(|input| (soon, input)).collect();
    inputs.push((due, Input::Tick { cpu: secs(0) }));
    inputs.push((soon, Input::Tick { cpu: secs(60) }));
    inputs.push((soon, Input::Pause { throttle: Throttle::Cpu, span: Duration::ZERO }));
    for (now, input) in inputs {
        let mut next = run.clone();
        let output = input.apply(&mut next, now);
        taken.insert((phase(run), input.name(), phase(&next), said(output.as_ref())));
        walk(&next, now, depth - 1, taken);
    }
}

#[test]
fn the_paths_of_the_machine_are_those_of_the_drawing() {
    let mut taken = BTreeSet::new();
    walk(&run(), START, DEPTH, &mut taken);
    let drawn: BTreeSet<_> = ARROWS.iter().copied().collect();
    assert_eq!(drawn.len(), ARROWS.len(), "an arrow is drawn twice");
    assert_eq!(taken.difference(&drawn).collect::<Vec<_>>(), Vec::<&Arrow>::new(), "taken, but not drawn");
    assert_eq!(drawn.difference(&taken).collect::<Vec<_>>(), Vec::<&Arrow>::new(), "drawn, but never taken");
}
