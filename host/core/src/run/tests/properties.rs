//! What holds whatever happens to a run, in whatever order and at whatever moments.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{Output, RunMachine, Throttle};
use super::support::{Input, START};
use crate::limits::{Class, Limits};
use crate::outcome::Outcome;
use crate::time::Instant;

const NANO: Duration = Duration::from_nanos(1);

/// One input, and what came of it.
#[derive(Debug)]
struct Step {
    now: Instant,
    /// CPU time billed so far.
    cpu: Duration,
    input: Input,
    output: Option<Output>,
    before: RunMachine,
    after: RunMachine,
}

impl Step {
    fn ends(&self) -> Option<&Outcome> {
        match &self.output {
            Some(Output::End(outcome)) => Some(outcome),
            _ => None,
        }
    }
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Small, so that each of them is met.
fn limits() -> impl Strategy<Value = Limits> {
    (millis(1..300), millis(1..100), millis(1..60), millis(1..30), 1..4_u32).prop_map(
        |(wall, cpu, grace, grace_cpu, deferrals)| Limits {
            wall,
            cpu,
            grace,
            grace_cpu,
            deferrals,
            ..Class::Default.limits()
        },
    )
}

/// Ticks say how much CPU time is *added*; [`walk`] sums it up.
fn input() -> impl Strategy<Value = Input> {
    let throttle = prop_oneof![Just(Throttle::Cpu), Just(Throttle::Network)];
    prop_oneof![
        12 => millis(0..12).prop_map(|cpu| Input::Tick { cpu }),
        6 => Just(Input::TakeDeferral),
        6 => Just(Input::CompleteDeferral),
        4 => (throttle, millis(0..60)).prop_map(|(throttle, span)| Input::Pause { throttle, span }),
        3 => any::<bool>().prop_map(|ok| Input::Return { ok }),
        1 => Just(Input::NothingLeft),
        1 => Just(Input::Overdraw),
        1 => Just(Input::Cancel),
        1 => prop_oneof![Just(Input::Trap), Just(Input::Kill), Just(Input::Lose)],
    ]
}

/// A run, and every step of it.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    (limits(), prop::collection::vec((millis(0..25), input()), 1..60)).prop_map(|(limits, inputs)| {
        let (mut now, mut cpu) = (START, Duration::ZERO);
        let mut run = RunMachine::new(limits, START);
        let step = |(after, input): (Duration, Input)| {
            now = now + after;
            let input = match input {
                Input::Tick { cpu: more } => {
                    cpu += more;
                    Input::Tick { cpu }
                }
                other => other,
            };
            let before = run.clone();
            let output = input.apply(&mut run, now);
            Step { now, cpu, input, output, before, after: run.clone() }
        };
        inputs.into_iter().map(step).collect()
    })
}

fn count(steps: &[Step], wanted: impl Fn(&Output) -> bool) -> usize {
    steps.iter().filter_map(|step| step.output.as_ref()).filter(|output| wanted(output)).count()
}

proptest! {
    #[test]
    fn a_run_ends_at_most_once_and_nothing_is_answered_after_that(steps in steps()) {
        prop_assert!(count(&steps, |output| matches!(output, Output::End(_))) <= 1);
        for step in &steps {
            prop_assert_eq!(step.after.has_ended(), step.before.has_ended() || step.ends().is_some());
            if step.before.has_ended() {
                prop_assert_eq!(&step.output, &None);
                let [before, after] = [&step.before, &step.after].map(|run| super::support::answers(run, step.now));
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn a_task_is_told_at_most_once_and_of_one_reason(steps in steps()) {
        prop_assert!(count(&steps, |output| *output == Output::Tell) <= 1);
        for step in &steps {
            let told = step.output == Some(Output::Tell);
            prop_assert_eq!(step.after.cancellation().is_some(), step.before.cancellation().is_some() || told);
            if let Some(cancellation) = step.before.cancellation() {
                prop_assert_eq!(step.after.cancellation(), Some(cancellation));
                prop_assert_ne!(&step.output, &Some(Output::Done));
                if let Some(Outcome::Canceled { cancellation: said, .. }) = step.ends() {
                    prop_assert_eq!(said, cancellation);
                }
            }
        }
    }

    #[test]
    fn pauses_and_resumptions_alternate_and_time_adds_up(steps in steps()) {
        let (mut since, mut paused, mut pauses) = (None, Duration::ZERO, 0);
        for step in &steps {
            match &step.output {
                Some(Output::Pause) => {
                    prop_assert_eq!(since.replace(step.now), None);
                    prop_assert!(step.before.cancellation().is_none(), "paused within its grace");
                    pauses += 1;
                }
                Some(Output::Resume) => {
                    let since = since.take();
                    prop_assert!(since.is_some(), "resumed without a pause");
                    paused += since.map_or(Duration::ZERO, |since| step.now.since(since));
                }
                Some(Output::Tell | Output::End(_)) => {
                    paused += since.take().map_or(Duration::ZERO, |since| step.now.since(since));
                }
                Some(Output::Done) | None => {}
            }
            prop_assert_eq!(step.after.is_paused(), since.is_some());
            prop_assert_eq!(step.after.suspended_count(), pauses);
            if !step.before.has_ended() {
                let now = step.now;
                let until_now = paused + since.map_or(Duration::ZERO, |since| now.since(since));
                prop_assert_eq!(step.after.elapsed(now), now.since(START));
                prop_assert_eq!(step.after.paused(now), until_now);
                let wall = step.after.limits().wall.saturating_sub(step.after.wall_left(now));
                prop_assert_eq!(wall, (now.since(START) - until_now).min(step.after.limits().wall));
            }
        }
    }

    #[test]
    fn open_deferrals_are_those_taken_and_not_completed_and_never_above_the_limit(steps in steps()) {
        let (mut open, mut taken) = (0, 0);
        for step in &steps {
            match step.input {
                Input::TakeDeferral if !step.before.has_ended() && open < step.before.limits().deferrals => {
                    open += 1;
                    taken += 1;
                }
                Input::CompleteDeferral if !step.before.has_ended() && open > 0 => open -= 1,
                _ => {}
            }
            prop_assert_eq!((step.after.deferrals_open(), step.after.deferrals_taken()), (open, taken));
            prop_assert!(open <= step.after.limits().deferrals);
        }
    }

    #[test]
    fn a_run_ends_by_itself_only_when_it_has_returned_and_no_deferral_is_open(steps in steps()) {
        for step in &steps {
            let by_itself = match step.ends() {
                Some(Outcome::Succeeded | Outcome::Failed(_)) => {
                    prop_assert!(step.after.cancellation().is_none(), "a canceled run is canceled, whatever it says");
                    true
                }
                Some(Outcome::Canceled { forced: false, .. }) => {
                    prop_assert!(step.after.cancellation().is_some());
                    true
                }
                _ => false,
            };
            if by_itself {
                prop_assert!(step.after.has_returned());
                prop_assert_eq!(step.after.deferrals_open(), 0);
            }
            // And then it does end, at once.
            if step.after.has_returned() && step.after.deferrals_open() == 0 {
                prop_assert!(step.after.has_ended());
            }
        }
    }

    #[test]
    fn a_run_is_taken_down_only_by_a_kill_or_after_its_grace_or_when_nothing_else_can_end_it(steps in steps()) {
        let mut told: Option<(Instant, Duration)> = None;
        // What the machine has heard of the CPU time, by the ticks.
        let mut billed = Duration::ZERO;
        for step in &steps {
            if matches!(step.input, Input::Tick { .. }) {
                billed = step.cpu;
            }
            if step.output == Some(Output::Tell) {
                told = Some((step.now, billed));
            }
            let Some(Outcome::Canceled { forced: true, .. }) = step.ends() else { continue };
            match step.input {
                Input::Kill => {}
                Input::Overdraw => prop_assert!(told.is_some(), "it has no grace to overdraw in"),
                Input::NothingLeft => {
                    prop_assert!(told.is_some() && step.after.has_returned() && step.after.deferrals_open() > 0);
                }
                Input::Tick { .. } => {
                    let limits = step.after.limits();
                    let over = told.is_some_and(|(at, cpu)| {
                        step.now.since(at) >= limits.grace || billed - cpu >= limits.grace_cpu
                    });
                    prop_assert!(over, "taken down within its grace");
                }
                ref other => prop_assert!(false, "taken down by {:?}", other),
            }
        }
    }

    #[test]
    fn a_tick_answers_at_the_next_timeout_and_not_before(steps in steps()) {
        for step in &steps {
            let Some(timeout) = step.after.next_timeout() else {
                prop_assert!(step.after.has_ended());
                continue;
            };
            let tick = |now| step.after.clone().tick(now, Duration::ZERO);
            prop_assert!(tick(timeout.max(step.now)).is_some(), "nothing to do at {timeout:?}");
            if timeout > step.now {
                prop_assert_eq!(tick(step.now), None);
                prop_assert_eq!(tick(timeout - NANO), None);
            }
        }
    }

    #[test]
    fn every_run_ends_if_it_is_ticked_when_it_asks_to_be(steps in steps()) {
        let last = steps.last().expect("there is at least one");
        let (mut run, mut now) = (last.after.clone(), last.now);
        let used = |run: &RunMachine, now| run.elapsed(now).saturating_sub(run.paused(now));
        let so_far = used(&run, now);
        // At most: resume, tell, take down.
        for _ in 0..3 {
            let Some(timeout) = run.next_timeout() else { break };
            now = now.max(timeout);
            run.tick(now, last.cpu);
        }
        prop_assert!(run.has_ended());
        let limits = run.limits();
        prop_assert!(used(&run, now) <= so_far.max(limits.wall) + limits.grace);
    }
}
