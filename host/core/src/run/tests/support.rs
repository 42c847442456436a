//! Runs to begin with, and inputs as values.

use std::time::Duration;

use super::super::{Output, RunMachine, Throttle};
use crate::limits::Class;
use crate::outcome::{Cancellation, CancellationReason, Outcome, TaskFailure, TrapKind};
use crate::time::Instant;

/// Not the origin: a machine that forgets to subtract its start is found out.
pub(super) const START: Instant = Instant::from_origin(Duration::from_secs(1_000));

pub(super) const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// So many seconds after the start.
pub(super) fn at(seconds: u64) -> Instant {
    START + secs(seconds)
}

/// 25 s wall, 10 s CPU, 5 s grace with 1 s CPU.
pub(super) fn run() -> RunMachine {
    RunMachine::new(Class::Default.limits(), START)
}

pub(super) fn abort() -> Cancellation {
    Cancellation::new(CancellationReason::Abort, "operator", "a test")
}

pub(super) fn failure() -> TaskFailure {
    TaskFailure { message: "no such feed".to_owned(), retry_after: Some(secs(3)) }
}

#[track_caller]
pub(super) fn ended(output: Option<Output>) -> Outcome {
    match output {
        Some(Output::End(outcome)) => outcome,
        other => panic!("expected the end, got {other:?}"),
    }
}

/// One call of the machine.
#[derive(Clone, Debug)]
pub(super) enum Input {
    TakeDeferral,
    CompleteDeferral,
    Return { ok: bool },
    NothingLeft,
    Trap,
    Cancel,
    Kill,
    Lose,
    Pause { throttle: Throttle, span: Duration },
    Overdraw,
    Tick { cpu: Duration },
}

impl Input {
    /// Each input once.
    pub(super) fn each() -> Vec<Self> {
        vec![
            Self::TakeDeferral,
            Self::CompleteDeferral,
            Self::Return { ok: true },
            Self::Return { ok: false },
            Self::NothingLeft,
            Self::Trap,
            Self::Cancel,
            Self::Kill,
            Self::Lose,
            Self::Pause { throttle: Throttle::Cpu, span: secs(1) },
            Self::Pause { throttle: Throttle::Network, span: secs(1) },
            Self::Overdraw,
            Self::Tick { cpu: secs(0) },
        ]
    }

    /// Its name in the table of arrows.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::TakeDeferral => "take",
            Self::CompleteDeferral => "complete",
            Self::Return { .. } => "return",
            Self::NothingLeft => "nothing-left",
            Self::Trap => "trap",
            Self::Cancel => "cancel",
            Self::Kill => "kill",
            Self::Lose => "lose",
            Self::Pause { .. } => "pause",
            Self::Overdraw => "overdraw",
            Self::Tick { .. } => "tick",
        }
    }

    pub(super) fn apply(&self, run: &mut RunMachine, now: Instant) -> Option<Output> {
        match *self {
            Self::TakeDeferral => {
                // Whether it was given shows in `deferrals_taken`.
                let _ = run.take_deferral();
                None
            }
            Self::CompleteDeferral => run.complete_deferral(now),
            Self::Return { ok } => run.returned(if ok { Ok(()) } else { Err(failure()) }, now),
            Self::NothingLeft => run.nothing_left(now),
            Self::Trap => run.trapped(TrapKind::Unreachable, "unreachable".to_owned(), now),
            Self::Cancel => run.cancel(abort(), now),
            Self::Kill => run.kill(abort(), now),
            Self::Lose => run.lost(now),
            Self::Pause { throttle, span } => run.pause(throttle, now + span, now),
            Self::Overdraw => run.overdrawn(now),
            Self::Tick { cpu } => run.tick(now, cpu),
        }
    }
}

/// A run in each phase before the end, and some mixtures, all at `at(1)`.
pub(super) fn each_phase() -> Vec<RunMachine> {
    let deferral = Input::TakeDeferral;
    let returned = Input::Return { ok: true };
    let paused = Input::Pause { throttle: Throttle::Cpu, span: secs(9) };
    let each: [&[&Input]; 6] = [
        &[],
        &[&deferral, &returned],
        &[&paused],
        &[&deferral, &returned, &paused],
        &[&Input::Cancel],
        &[&deferral, &Input::Cancel, &returned],
    ];
    each.map(after).to_vec()
}

/// A run that has ended, in each way there is.
pub(super) fn each_end() -> Vec<RunMachine> {
    let deferral = Input::TakeDeferral;
    let returned = Input::Return { ok: true };
    let paused = Input::Pause { throttle: Throttle::Cpu, span: secs(9) };
    let each: [&[&Input]; 10] = [
        &[&returned],
        &[&Input::Return { ok: false }],
        &[&deferral, &returned, &Input::CompleteDeferral],
        &[&deferral, &returned, &Input::NothingLeft],
        &[&Input::Cancel, &returned],
        &[&Input::Cancel, &Input::Tick { cpu: secs(2) }],
        &[&Input::Cancel, &Input::Overdraw],
        &[&deferral, &Input::Kill],
        &[&paused, &Input::Trap],
        &[&Input::Lose],
    ];
    let ends = each.map(after).to_vec();
    assert!(ends.iter().all(RunMachine::has_ended));
    ends
}

fn after(inputs: &[&Input]) -> RunMachine {
    let mut run = run();
    for input in inputs {
        input.apply(&mut run, at(1));
    }
    run
}

/// Everything that a run may be asked, but the CPU that is left: it goes on being billed.
pub(super) fn answers(run: &RunMachine, now: Instant) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (run.has_ended(), run.has_returned(), run.is_done(), run.is_paused()),
        (run.deferrals_open(), run.deferrals_taken()),
        (run.throttle_count(Throttle::Cpu), run.throttle_count(Throttle::Network)),
        (run.elapsed(now), run.paused(now), run.wall_left(now)),
        (run.cancellation().cloned(), run.grace_left(now), run.next_timeout()),
    )
}
