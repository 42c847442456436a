//! What holds whatever happens to an app, in whatever order and at whatever moments.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::super::{AppState, End, Handler, Output, Ticket};
use super::model::{Input, Step, at_rest, steps, stubborn, told};
use super::support::at;
use crate::app::policy::AppPolicy;
use crate::app::previous::{Kept, PreviousExecutionState};

const NANO: Duration = Duration::from_nanos(1);

/// More than any app here takes for what somebody asked of it: half a second for each.
const LONG: Duration = Duration::from_secs(60);

fn is_activation(handler: &Handler) -> bool {
    matches!(handler, Handler::Launched { .. } | Handler::Activated { .. })
}

proptest! {
    #[test]
    fn only_the_arrows_of_the_drawing_are_taken((steps, _) in steps()) {
        use AppState::{Background, Foreground, NotRunning, Suspended, Suspending};
        let mut state = NotRunning;
        for next in steps.iter().flat_map(Step::became) {
            let is_arrow = matches!(
                (state, next),
                (NotRunning | Foreground | Suspended, Background)
                    | (Background, Foreground | Suspending)
                    | (Suspending, Suspended)
                    | (Background | Foreground | Suspending | Suspended, NotRunning)
            );
            prop_assert!(is_arrow, "from {:?} to {:?}", state, next);
            state = next;
        }
        prop_assert_eq!(state, steps.last().map_or(NotRunning, |step| step.after.state()));
    }

    #[test]
    fn one_handler_is_called_at_a_time_and_none_while_nothing_is_polled((steps, _) in steps()) {
        let (mut call, mut notice, mut polled) = (None, None, false);
        for step in &steps {
            // What is under way may be over before anything else is called.
            if step.before.calling().is_none() {
                call = None;
            }
            match step.input {
                Input::Return | Input::CompleteDeferral => call = None,
                Input::ReturnNotice => notice = None,
                _ => {}
            }
            for output in &step.out {
                match output {
                    Output::Start { .. } | Output::Thaw => {
                        prop_assert!(!polled);
                        polled = true;
                    }
                    Output::Freeze => {
                        prop_assert!(polled);
                        (polled, call) = (false, None);
                    }
                    Output::End(_) => (polled, call, notice) = (false, None, None),
                    Output::Call(made) => {
                        prop_assert!(polled, "{:?} is called", made.handler);
                        let slot = if matches!(made.handler, Handler::MemoryUsageChanged { .. }) { &mut notice } else { &mut call };
                        prop_assert_eq!(slot.replace(made.id), None, "{:?} is called beside another", made.handler);
                    }
                    Output::Enter { .. } => prop_assert!(polled),
                    _ => {}
                }
            }
            prop_assert_eq!(polled, step.after.state().is_polled());
        }
    }

    #[test]
    fn it_is_seen_only_after_leaving_background_and_hidden_only_after_entered_background((steps, _) in steps()) {
        let (mut newest, mut state) = ("", AppState::NotRunning);
        for output in steps.iter().flat_map(|step| &step.out) {
            match output {
                Output::Call(call) if !matches!(call.handler, Handler::MemoryUsageChanged { .. }) => {
                    newest = call.handler.name();
                }
                Output::Became(AppState::Foreground) => {
                    prop_assert_eq!(newest, "leaving-background");
                    state = AppState::Foreground;
                }
                Output::Became(AppState::Background) if state == AppState::Foreground => {
                    prop_assert!(matches!(newest, "entered-background" | "memory-limit-changing"), "{}", newest);
                    state = AppState::Background;
                }
                Output::Became(next) => state = *next,
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_said_to_what_is_ended((steps, _) in steps()) {
        for step in steps.iter().filter(|step| step.ends()) {
            let until = step.out.iter().position(|output| matches!(output, Output::End(_))).unwrap_or_default();
            let silent = matches!(step.input, Input::Terminate | Input::Crash | Input::RunKilled);
            let called = step.out.iter().take(until).any(|output| matches!(output, Output::Call(_)));
            prop_assert!(!silent || !called);
        }
    }

    #[test]
    fn that_it_is_there_is_kept_before_it_is_activated_and_a_good_end_before_it_has_come((steps, _) in steps()) {
        let all: Vec<&Output> = steps.iter().flat_map(|step| &step.out).collect();
        let mut is_kept = false;
        for (place, output) in all.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|place| all.get(place));
            match output {
                Output::Keep(Kept::Running) => {
                    prop_assert!(!is_kept, "it is kept once");
                    is_kept = true;
                }
                Output::Call(call) if is_activation(&call.handler) => prop_assert!(is_kept),
                Output::End(end) if end.kept() == Kept::NotRunning => {
                    let follows = all.get(place + 1) == Some(&&Output::Keep(Kept::NotRunning));
                    prop_assert_eq!(follows, is_kept, "of one that nobody activated nothing is kept");
                    is_kept = false;
                }
                Output::End(end) => {
                    let precedes = before == Some(&&Output::Keep(end.kept()));
                    prop_assert_eq!(precedes, is_kept || *end == End::Restarted);
                    is_kept = false;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn the_first_activation_of_an_instance_is_told_what_was_kept_and_others_that_it_is_there((steps, _) in steps()) {
        let (mut kept, mut expected) = (None, None);
        for output in steps.iter().flat_map(|step| &step.out) {
            match output {
                Output::Keep(now) => {
                    if *now == Kept::Running {
                        expected = Some(told(kept));
                    }
                    kept = Some(*now);
                }
                Output::Call(call) => {
                    let (Handler::Launched { previous, .. } | Handler::Activated { previous, .. }) = call.handler else {
                        continue;
                    };
                    match expected.take() {
                        Some(expected) => prop_assert_eq!(previous, expected),
                        None => prop_assert!(matches!(
                            previous,
                            PreviousExecutionState::Running | PreviousExecutionState::Suspended
                        )),
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn each_activation_is_dealt_with_once((steps, model) in steps()) {
        let mut open: BTreeSet<Ticket> = BTreeSet::new();
        for (step, ticket) in steps.iter().zip(1..) {
            let restarts = matches!(step.input, Input::Restart) && step.after.is_ending() && !step.before.is_ending();
            if restarts || matches!(step.input, Input::Activate { .. }) {
                open.insert(Ticket(ticket));
            }
            for output in &step.out {
                if let Output::Settled(ticket) | Output::Dropped(ticket) = output {
                    prop_assert!(open.remove(ticket), "{:?} twice, or never asked for", ticket);
                }
            }
        }
        // And then it is: when everything returns, and nobody wants anything more.
        let (model, _) = at_rest(model, steps.last().map_or(at(1), |step| step.now), |output| {
            if let Output::Settled(ticket) | Output::Dropped(ticket) = output {
                open.remove(ticket);
            }
        });
        prop_assert_eq!(model.app.next_timeout(), None);
        prop_assert!(open.is_empty(), "{:?}", open);
    }

    #[test]
    fn an_app_that_nobody_wants_comes_to_rest_and_costs_nothing((steps, model) in steps()) {
        let (model, _) = at_rest(model, steps.last().map_or(at(1), |step| step.now), |_| {});
        prop_assert!(matches!(model.app.state(), AppState::Suspended | AppState::NotRunning), "{:?}", model.app);
        prop_assert_eq!((model.app.next_timeout(), model.app.runs(), model.app.waiting_runs()), (None, 0, 0));
    }

    #[test]
    fn whatever_its_guest_does_an_app_that_nobody_sees_is_suspended_or_ended_in_time((steps, mut model) in steps()) {
        let now = steps.last().map_or(at(1), |step| step.now);
        model.apply(&Input::Hide, now);
        let model = stubborn(model, now, LONG, |_| {});
        prop_assert!(matches!(model.app.state(), AppState::Suspended | AppState::NotRunning), "{:?}", model.app);
    }

    #[test]
    fn whatever_its_guest_does_an_app_whose_host_stops_ends_in_time_and_nothing_begins(
        (steps, mut model) in steps(), force in any::<bool>(),
    ) {
        let now = steps.last().map_or(at(1), |step| step.now);
        model.app.shut();
        let mut begun = false;
        let mut begins = |output: &Output| begun |= matches!(output, Output::Start { .. });
        let stop = if force { Input::Terminate } else { Input::Stop };
        model.apply(&stop, now).iter().for_each(&mut begins);
        let model = stubborn(model, now, LONG, begins);
        prop_assert!(!begun);
        prop_assert_eq!(model.app.state(), AppState::NotRunning);
    }

    #[test]
    fn what_is_suspended_has_the_limit_of_the_background((steps, _) in steps()) {
        for step in steps.iter().filter(|step| step.after.state() == AppState::Suspended) {
            prop_assert_eq!(step.after.memory_limit(), AppPolicy::UWP.background_bytes);
        }
    }

    #[test]
    fn a_tick_answers_at_the_next_timeout_and_not_before((steps, _) in steps()) {
        for step in &steps {
            let Some(timeout) = step.after.next_timeout() else { continue };
            let tick = |now| step.after.clone().tick(now);
            prop_assert!(!tick(timeout.max(step.now)).is_empty(), "nothing to do at {:?}", timeout);
            if timeout > step.now {
                prop_assert_eq!(tick(step.now), vec![]);
                prop_assert_eq!(tick(timeout - NANO), vec![]);
            }
        }
    }

    #[test]
    fn tasks_enter_as_many_as_wait_and_none_enters_what_is_about_to_end((steps, _) in steps()) {
        let (mut waiting, mut inside) = (0, 0);
        for step in &steps {
            let was = (step.before.waiting_runs(), step.before.runs());
            prop_assert_eq!(was, (waiting, inside));
            match step.input {
                Input::RunWaits => waiting += 1,
                Input::RunWithdrawn if waiting > 0 => waiting -= 1,
                Input::RunEnded if inside > 0 => inside -= 1,
                // Its app is about to end anyway, and is not ended for it.
                Input::RunKilled if inside > 0 && !step.ends() => inside -= 1,
                _ => {}
            }
            for output in &step.out {
                match output {
                    Output::Enter { runs } => {
                        prop_assert_eq!(*runs, waiting);
                        (waiting, inside) = (0, inside + runs);
                    }
                    Output::End(_) => inside = 0,
                    _ => {}
                }
            }
            waiting = waiting.min(step.after.waiting_runs());
            if step.after.is_ending() && step.before.is_ending() {
                let entered = step.out.iter().any(|output| matches!(output, Output::Enter { .. }));
                prop_assert!(!entered || step.ends());
            }
        }
    }
}
