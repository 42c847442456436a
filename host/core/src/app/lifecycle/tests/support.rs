//! An app to be tried out: it says what the machine answers in words, and counts its own tickets.

use std::time::Duration;

use super::super::{
    AppMachine, AppState, Asked, Call, CallId, Handler, Output, RevokedReason, Ticket, Wanted,
};
use crate::app::policy::AppPolicy;
use crate::app::previous::PreviousExecutionState;
use crate::time::Instant;

pub(super) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) const fn at(secs: u64) -> Instant {
    Instant::from_origin(Duration::from_secs(secs))
}

/// A machine with a clock.
#[derive(Clone, Debug)]
pub(super) struct App {
    pub(super) machine: AppMachine,
    pub(super) now: Instant,
    /// What is kept of it, for when it is not there.
    pub(super) last: PreviousExecutionState,
    tickets: u64,
    /// Of the call under way, beside `memory-usage-changed`.
    call: Option<CallId>,
    /// Of `memory-usage-changed`.
    pub(super) notice: Option<CallId>,
}

impl App {
    pub(super) fn of(policy: AppPolicy) -> Self {
        let last = PreviousExecutionState::NotRunning;
        Self { machine: AppMachine::new(policy), now: at(100), last, tickets: 0, call: None, notice: None }
    }

    /// With one memory limit.
    pub(super) fn new() -> Self {
        Self::of(AppPolicy::DEFAULT)
    }

    /// With two.
    pub(super) fn uwp() -> Self {
        Self::of(AppPolicy::UWP)
    }

    /// Launched, and seen.
    pub(super) fn seen(mut self) -> Self {
        self.launch();
        self.settle();
        assert_eq!(self.state(), AppState::Foreground);
        self
    }

    /// Launched, seen, and hidden.
    pub(super) fn hidden(self) -> Self {
        let mut app = self.seen();
        app.hide();
        app.settle();
        assert_eq!(app.state(), AppState::Background);
        app
    }

    /// And about to be suspended.
    pub(super) fn suspending(self) -> Self {
        let mut app = self.hidden();
        app.pass(secs(10));
        assert_eq!(app.calling(), Some("suspending"));
        app
    }

    /// And suspended.
    pub(super) fn suspended(self) -> Self {
        let mut app = self.suspending();
        app.returns();
        assert_eq!(app.state(), AppState::Suspended);
        app
    }

    // ---- what happens to it ---------------------------------------------------------------------------

    /// One input.
    pub(super) fn input(
        &mut self,
        input: impl FnOnce(&mut AppMachine, Instant) -> Vec<Output>,
    ) -> Vec<String> {
        let out = input(&mut self.machine, self.now);
        for output in &out {
            match output {
                Output::Call(Call { id, handler: Handler::MemoryUsageChanged { .. }, .. }) => {
                    self.notice = Some(*id)
                }
                Output::Call(Call { id, .. }) => self.call = Some(*id),
                _ => {}
            }
        }
        out.iter().map(|output| self.said(output)).collect()
    }

    fn asked(&mut self, wanted: Wanted, seen: bool) -> Vec<String> {
        self.tickets += 1;
        let asked = Asked { ticket: Ticket(self.tickets), wanted, seen, last: self.last };
        self.input(|app, now| app.activate(asked, now))
    }

    pub(super) fn launch(&mut self) -> Vec<String> {
        self.asked(Wanted::Plain, true)
    }

    pub(super) fn launch_with_arguments(&mut self) -> Vec<String> {
        self.asked(Wanted::Launch, true)
    }

    pub(super) fn prelaunch(&mut self) -> Vec<String> {
        self.asked(Wanted::Prelaunch, true)
    }

    /// For anything but a launch.
    pub(super) fn activate(&mut self, seen: bool) -> Vec<String> {
        self.asked(Wanted::Other, seen)
    }

    pub(super) fn show(&mut self) -> Vec<String> {
        self.input(AppMachine::show)
    }

    pub(super) fn hide(&mut self) -> Vec<String> {
        self.input(AppMachine::hide)
    }

    pub(super) fn run_waits(&mut self) -> Vec<String> {
        self.input(AppMachine::run_waits)
    }

    /// The call under way returns.
    pub(super) fn returns(&mut self) -> Vec<String> {
        let id = self.call_id();
        self.input(|app, now| app.returned(id, now))
    }

    /// Whatever is called returns, until nothing is.
    pub(super) fn settle(&mut self) {
        while self.calling().is_some() {
            self.returns();
        }
    }

    /// Time passes, and nothing else happens.
    pub(super) fn pass(&mut self, span: Duration) -> Vec<String> {
        self.now = self.now + span;
        self.input(AppMachine::tick)
    }

    // ---- what may be asked ----------------------------------------------------------------------------

    pub(super) fn state(&self) -> AppState {
        self.machine.state()
    }

    pub(super) fn calling(&self) -> Option<&'static str> {
        self.machine.calling().map(|handler| handler.name())
    }

    pub(super) fn call_id(&self) -> CallId {
        self.call.expect("something was called")
    }

    fn said(&self, output: &Output) -> String {
        let policy = &self.machine.policy;
        let limit = |bytes: u64| match bytes {
            _ if policy.foreground_bytes == policy.background_bytes => "the limit",
            bytes if bytes == policy.foreground_bytes => "the foreground's",
            _ => "the background's",
        };
        match output {
            Output::Keep(kept) => format!("keep {kept:?}"),
            Output::Start { memory_bytes } => format!("start with {}", limit(*memory_bytes)),
            Output::Became(state) => format!("became {}", state.as_str()),
            Output::Call(call) => match call.handler {
                Handler::Launched { previous, prelaunch, .. } => {
                    format!("call launched({previous}{})", if prelaunch { ", prelaunch" } else { "" })
                }
                Handler::Activated { previous, .. } => format!("call activated({previous})"),
                Handler::Resuming { away } => format!("call resuming({})", away.as_secs()),
                Handler::MemoryLimitChanging { new, .. } => {
                    format!("call memory-limit-changing({})", limit(new))
                }
                Handler::MemoryUsageChanged { change, level, .. } => {
                    format!("call memory-usage-changed({change:?} to {})", level.as_str())
                }
                handler => format!("call {}", handler.name()),
            },
            Output::Settled(Ticket(ticket)) => format!("settled {ticket}"),
            Output::Dropped(Ticket(ticket)) => format!("dropped {ticket}"),
            Output::Enter { runs } => format!("enter {runs}"),
            Output::Limit(bytes) => format!("limit {}", limit(*bytes)),
            Output::Revoke(RevokedReason::Resumed) => "revoke: resumed".to_owned(),
            Output::Revoke(RevokedReason::SystemPolicy) => "revoke: system-policy".to_owned(),
            Output::ExtensionOver => "extension over".to_owned(),
            Output::CancelRuns(reason) => format!("cancel runs: {reason}"),
            Output::Freeze => "freeze".to_owned(),
            Output::Thaw => "thaw".to_owned(),
            Output::End(end) => format!("end {end}"),
        }
    }
}

/// An app in the midst of each transition of which deferrals can be taken.
pub(super) fn each_transition() -> [(&'static str, App); 3] {
    let mut hiding = App::new().seen();
    hiding.hide();
    let mut showing = App::new().hidden();
    showing.show();
    let each = [
        ("entered-background", hiding),
        ("leaving-background", showing),
        ("suspending", App::new().suspending()),
    ];
    assert!(each.iter().all(|(name, app)| app.calling() == Some(name)));
    each
}
