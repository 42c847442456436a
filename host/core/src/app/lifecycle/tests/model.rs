//! Whatever may happen to an app, drawn at random, with what a host knows beside the machine.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{
    AppMachine, AppState, Asked, CallId, ExtensionReason, Handler, Leave, Output, Ticket, Wanted,
};
use super::support::at;
use crate::app::policy::AppPolicy;
use crate::app::previous::{AppStateRecord, Kept, PreviousExecutionState};
use crate::ids::AppId;
use crate::time::{Instant, Timestamp};

#[derive(Clone, Debug)]
pub(super) enum Input {
    Activate { wanted: Wanted, seen: bool },
    Show,
    Hide,
    Suspend,
    Resume,
    Close,
    Stop,
    Terminate,
    Crash,
    Leave(Leave),
    Restart,
    RunWaits,
    RunWithdrawn,
    RunEnded,
    RunKilled,
    Return,
    ReturnNotice,
    TakeDeferral,
    CompleteDeferral,
    Extend(ExtensionReason),
    CloseExtension,
    RevokeExtension,
    Memory { mib: u64 },
    Tick,
}

/// One input, and what came of it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) now: Instant,
    pub(super) input: Input,
    pub(super) out: Vec<Output>,
    pub(super) before: AppMachine,
    pub(super) after: AppMachine,
}

impl Step {
    pub(super) fn became(&self) -> impl Iterator<Item = AppState> {
        self.out.iter().filter_map(|output| match output {
            Output::Became(state) => Some(*state),
            _ => None,
        })
    }

    pub(super) fn ends(&self) -> bool {
        self.out.iter().any(|output| matches!(output, Output::End(_)))
    }
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Short, so that each is met.
fn policy() -> impl Strategy<Value = AppPolicy> {
    let spans = (millis(1..60), millis(1..60), millis(1..60), millis(1..60), millis(1..60));
    (spans, millis(1..200), any::<bool>()).prop_map(
        |((suspend_after, launch, suspending, transition, notice), extension, over)| AppPolicy {
            suspend_after,
            launch,
            suspending,
            transition,
            notice,
            extension,
            saving: Duration::from_millis(40),
            revoked: Duration::from_millis(10),
            restart: Duration::from_millis(25),
            over_limit: if over { Duration::from_millis(20) } else { Duration::MAX },
            ..AppPolicy::UWP
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    let wanted =
        prop_oneof![Just(Wanted::Plain), Just(Wanted::Launch), Just(Wanted::Prelaunch), Just(Wanted::Other)];
    let reason = prop_oneof![Just(ExtensionReason::Unspecified), Just(ExtensionReason::SavingData)];
    prop_oneof![
        14 => Just(Input::Return),
        8 => Just(Input::Tick),
        4 => (wanted, any::<bool>()).prop_map(|(wanted, seen)| Input::Activate { wanted, seen }),
        3 => Just(Input::Show),
        3 => Just(Input::Hide),
        2 => Just(Input::RunWaits),
        2 => prop_oneof![Just(Input::RunEnded), Just(Input::RunWithdrawn)],
        2 => Just(Input::ReturnNotice),
        2 => Just(Input::TakeDeferral),
        3 => Just(Input::CompleteDeferral),
        2 => reason.prop_map(Input::Extend),
        1 => prop_oneof![Just(Input::CloseExtension), Just(Input::RevokeExtension)],
        2 => (0..300_u64).prop_map(|mib| Input::Memory { mib }),
        1 => prop_oneof![Just(Input::Suspend), Just(Input::Resume)],
        1 => prop_oneof![Just(Input::Close), Just(Input::Stop), Just(Input::Restart)],
        1 => prop_oneof![Just(Input::Terminate), Just(Input::Crash), Just(Input::RunKilled)],
        1 => prop_oneof![Just(Leave::Uninstalled), Just(Leave::LoggedOff)].prop_map(Input::Leave),
    ]
}

/// What a host knows beside the machine.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) app: AppMachine,
    tickets: u64,
    call: Option<CallId>,
    notice: Option<CallId>,
    open: u32,
    kept: Option<Kept>,
}

/// What an app is told of which this was kept. A user who closed one is back at once, in here.
pub(super) fn told(kept: Option<Kept>) -> PreviousExecutionState {
    let at = Timestamp::EPOCH;
    let app = AppId::new("notes").expect("a name");
    AppStateRecord { kept, ..AppStateRecord::new(app, at) }.previous(at, AppPolicy::DEFAULT.closed)
}

impl Model {
    fn asked(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub(super) fn apply(&mut self, input: &Input, now: Instant) -> Vec<Output> {
        let last = told(self.kept);
        let ticket = self.asked();
        let (call, notice) = (self.call, self.notice);
        let app = &mut self.app;
        let out = match *input {
            Input::Activate { wanted, seen } => app.activate(Asked { ticket, wanted, seen, last }, now),
            Input::Show => app.show(now),
            Input::Hide => app.hide(now),
            Input::Suspend => app.suspend(now),
            Input::Resume => app.resume(now),
            Input::Close => app.close(now),
            Input::Stop => app.stop(now),
            Input::Terminate => app.terminate(now),
            Input::Crash => app.crashed(now),
            Input::Leave(leave) => app.leave(leave, now),
            Input::Restart => app.request_restart(ticket, now).unwrap_or_default(),
            Input::RunWaits => app.run_waits(now),
            Input::RunWithdrawn if app.waiting_runs() > 0 => app.run_withdrawn(now),
            Input::RunEnded if app.runs() > 0 => app.run_ended(now),
            Input::RunWithdrawn | Input::RunEnded => Vec::new(),
            Input::RunKilled => app.run_killed(now),
            Input::Return => call.map_or_else(Vec::new, |call| app.returned(call, now)),
            Input::ReturnNotice => notice.map_or_else(Vec::new, |call| app.returned(call, now)),
            Input::TakeDeferral => {
                if call.is_some_and(|call| app.take_deferral(call).is_ok()) {
                    self.open += 1;
                }
                Vec::new()
            }
            Input::CompleteDeferral if self.open > 0 => {
                self.open -= 1;
                call.map_or_else(Vec::new, |call| app.complete_deferral(call, now))
            }
            Input::CompleteDeferral => Vec::new(),
            Input::Extend(reason) => {
                let _ = app.request_extension(reason, now);
                Vec::new()
            }
            Input::CloseExtension => app.close_extension(now),
            Input::RevokeExtension => app.revoke_extension(now),
            Input::Memory { mib } => app.memory_used(mib << 20, now),
            Input::Tick => app.tick(now),
        };
        for output in &out {
            match output {
                Output::Call(call) if matches!(call.handler, Handler::MemoryUsageChanged { .. }) => {
                    self.notice = Some(call.id);
                }
                Output::Call(call) => (self.call, self.open) = (Some(call.id), 0),
                Output::End(_) => (self.call, self.notice, self.open) = (None, None, 0),
                Output::Keep(kept) => self.kept = Some(*kept),
                _ => {}
            }
        }
        out
    }
}

/// An app, every step of it, and the model at the end.
pub(super) fn steps() -> impl Strategy<Value = (Vec<Step>, Model)> {
    (policy(), prop::collection::vec((millis(0..30), input()), 1..120)).prop_map(|(policy, inputs)| {
        let mut now = at(1);
        let mut model =
            Model { app: AppMachine::new(policy), tickets: 0, call: None, notice: None, open: 0, kept: None };
        let step = |(after, input): (Duration, Input)| {
            now = now + after;
            let before = model.app.clone();
            let out = model.apply(&input, now);
            Step { now, input, out, before, after: model.app.clone() }
        };
        let steps = inputs.into_iter().map(step).collect();
        (steps, model)
    })
}

/// Its tasks end, and its guest does all that it can not to be suspended or ended, as long as it is polled and for no longer
/// than `span`. Of what it is called for it is done with everything but `suspending`.
pub(super) fn stubborn(
    mut model: Model,
    mut now: Instant,
    span: Duration,
    mut said: impl FnMut(&Output),
) -> Model {
    let until = now + span;
    let asks = [
        Input::RunEnded,
        Input::RunWithdrawn,
        Input::ReturnNotice,
        Input::TakeDeferral,
        Input::CloseExtension,
        Input::Extend(ExtensionReason::SavingData),
        Input::Extend(ExtensionReason::Unspecified),
        Input::Tick,
    ];
    while now < until && model.app.state().is_polled() {
        for input in &asks {
            model.apply(input, now).iter().for_each(&mut said);
        }
        while model.app.calling().is_some_and(|handler| handler != Handler::Suspending) {
            let input = if model.open > 0 { Input::CompleteDeferral } else { Input::Return };
            model.apply(&input, now).iter().for_each(&mut said);
        }
        now = now + Duration::from_millis(5);
    }
    model
}

/// Nobody sees it any more, its tasks end, and whatever is called returns at once; time passes as far as it takes.
pub(super) fn at_rest(mut model: Model, mut now: Instant, mut said: impl FnMut(&Output)) -> (Model, Instant) {
    for input in [Input::Hide, Input::CloseExtension] {
        model.apply(&input, now).iter().for_each(&mut said);
    }
    for _ in 0..1_000 {
        let mut out = Vec::new();
        while model.open > 0 {
            out.extend(model.apply(&Input::CompleteDeferral, now));
        }
        for input in [Input::ReturnNotice, Input::Return, Input::RunEnded, Input::RunWithdrawn, Input::Hide] {
            out.extend(model.apply(&input, now));
        }
        out.iter().for_each(&mut said);
        if out.is_empty() && model.app.runs() + model.app.waiting_runs() == 0 {
            let Some(timeout) = model.app.next_timeout() else { break };
            now = now.max(timeout);
            model.apply(&Input::Tick, now).iter().for_each(&mut said);
        }
    }
    (model, now)
}
