//! What comes next.

use super::{
    AppMachine, AppState, End, Handler, Launched, Output, Pending, PreviousExecutionState, RevokedReason,
    Step, Wanted,
};
use crate::app::memory::MemoryLevel;
use crate::app::previous::Kept;
use crate::time::Instant;

impl AppMachine {
    /// Goes on as far as nothing has to be waited for.
    pub(super) fn advance(&mut self, now: Instant, out: &mut Vec<Output>) {
        loop {
            if let Some(end) = self.leaving
                && (self.runs == 0 || self.state == AppState::Suspended)
            {
                // Its end goes on from here by itself.
                return self.end(end, now, out);
            }
            if self.call.is_some() {
                break;
            }
            let goes_on = match self.steps.pop_front() {
                Some(step) => {
                    self.step(step, now, out);
                    true
                }
                None => match self.state {
                    AppState::NotRunning => self.begin_instance(now, out),
                    AppState::Background => self.in_background(now, out),
                    AppState::Foreground => self.in_foreground(now, out),
                    AppState::Suspended => return self.in_suspension(now, out),
                    AppState::Suspending => false,
                },
            };
            if !goes_on {
                break;
            }
        }
        self.enter_runs(out);
        self.notice_memory(now, out);
    }

    fn step(&mut self, step: Step, now: Instant, out: &mut Vec<Output>) {
        match step {
            Step::Call(handler) => self.call = Some(self.begin(handler, now, out)),
            Step::Limit(limit) => self.set_limit(limit, out),
            Step::Become(state) => self.change_to(state, now, out),
        }
    }

    fn change_to(&mut self, state: AppState, now: Instant, out: &mut Vec<Output>) {
        let from = std::mem::replace(&mut self.state, state);
        out.push(Output::Became(state));
        match state {
            AppState::Background => {
                self.since = now;
                if from == AppState::Foreground {
                    self.attended = Some(now);
                }
                if let Some(extension) = &mut self.extension {
                    extension.until = extension.until.or(Some(now + self.policy.extension));
                }
            }
            AppState::Foreground => {
                if self.extension.is_some_and(|extension| extension.until.is_some()) {
                    self.drop_extension(RevokedReason::Resumed, out);
                }
            }
            AppState::NotRunning | AppState::Suspending | AppState::Suspended => {}
        }
    }

    /// Every start is one into the background (UWP-123).
    fn begin_instance(&mut self, now: Instant, out: &mut Vec<Output>) -> bool {
        if self.shut {
            self.drop_waiting(out);
        }
        if self.pending.is_empty() && self.waiting_runs == 0 {
            return false;
        }
        self.policy = self.next_policy;
        let limit = self.limit_in_sight();
        self.memory = super::Memory { limit, ..super::Memory::new() };
        if !self.pending.is_empty() {
            self.keep_running(out);
        }
        out.push(Output::Start { memory_bytes: limit });
        self.change_to(AppState::Background, now, out);
        true
    }

    fn in_background(&mut self, now: Instant, out: &mut Vec<Output>) -> bool {
        if let Some(end) = self.then {
            self.drop_extension(RevokedReason::SystemPolicy, out);
            if self.runs > 0 && end != End::Closed {
                // They are cancelled, and have their graces (UWP-082). A user who closes it waits for none (UWP-094).
                return false;
            }
            self.begin_suspending(now, out);
            return true;
        }
        if let Some(pending) = self.pending.pop_front() {
            self.activate_now(pending, now, out);
            return true;
        }
        // Also of one that was hidden again before it was seen.
        self.change_limit(self.limit_in_sight());
        if self.is_seen() {
            self.steps.push_back(Step::Call(Handler::LeavingBackground));
            self.steps.push_back(Step::Become(AppState::Foreground));
        }
        if !self.steps.is_empty() {
            return true;
        }
        if self.suspends_at().is_some_and(|at| at <= now) {
            self.begin_suspending(now, out);
            return true;
        }
        false
    }

    fn in_foreground(&mut self, now: Instant, out: &mut Vec<Output>) -> bool {
        if self.then.is_none()
            && let Some(pending) = self.pending.pop_front()
        {
            self.activate_now(pending, now, out);
            return true;
        }
        if self.is_seen() && self.then.is_none() {
            return false;
        }
        self.steps.push_back(Step::Call(Handler::EnteredBackground));
        self.change_limit(self.policy.background_bytes);
        self.steps.push_back(Step::Become(AppState::Background));
        true
    }

    /// Something wants it back, or its end has come.
    fn in_suspension(&mut self, now: Instant, out: &mut Vec<Output>) {
        if let Some(end) = self.then {
            // One that is suspended when its host stops is ended as any other that is (UWP-133).
            return self.end(end, now, out);
        }
        if self.pending.iter().all(|pending| pending.wanted == Wanted::Prelaunch) {
            out.extend(self.pending.drain(..).map(|pending| Output::Settled(pending.ticket)));
        }
        let woken = std::mem::take(&mut self.wake);
        if self.pending.is_empty() && self.waiting_runs == 0 && !self.is_seen() && !woken {
            return;
        }
        // It is told of limits that change while it runs; this one is there when it does.
        self.set_limit(self.limit_in_sight(), out);
        out.push(Output::Thaw);
        let away = now.since(self.suspended_at);
        if let Some(notice) = &mut self.notice {
            // It was cut off, and goes on.
            notice.deadline = notice.deadline + away;
        }
        self.steps.push_back(Step::Become(AppState::Background));
        self.steps.push_back(Step::Call(Handler::Resuming { away }));
        self.advance(now, out);
    }

    fn activate_now(&mut self, pending: Pending, now: Instant, out: &mut Vec<Output>) {
        let Pending { ticket, wanted, while_suspended } = pending;
        let is_there = match wanted {
            Wanted::Plain => self.launched == Launched::Yes,
            Wanted::Prelaunch => self.launched != Launched::Never || self.state == AppState::Foreground,
            Wanted::Launch | Wanted::Other => false,
        };
        if is_there {
            out.push(Output::Settled(ticket));
            return;
        }
        self.keep_running(out);
        let previous = match self.launched {
            // Whatever ran in it before: of state that was saved it has heard nothing yet.
            Launched::Never => self.last,
            _ if while_suspended => PreviousExecutionState::Suspended,
            _ => PreviousExecutionState::Running,
        };
        let prelaunch = wanted == Wanted::Prelaunch;
        self.launched = if prelaunch { Launched::Ahead } else { Launched::Yes };
        self.hasten = prelaunch;
        if !prelaunch {
            self.attended = Some(now);
        }
        let handler = match wanted {
            Wanted::Other => Handler::Activated { ticket, previous },
            _ => Handler::Launched { ticket, previous, prelaunch },
        };
        self.steps.push_back(Step::Call(handler));
    }

    /// It is kept that it is there, before it is activated. While only background tasks ran in it, what was kept before is
    /// right: a launch would find nothing of this instance.
    fn keep_running(&mut self, out: &mut Vec<Output>) {
        if !std::mem::replace(&mut self.is_kept, true) {
            out.push(Output::Keep(Kept::Running));
        }
    }

    /// UWP-109, UWP-125: it is told before, and only if it is another one.
    fn change_limit(&mut self, new: u64) {
        let old = self.memory.limit;
        if old != new {
            self.steps.push_back(Step::Call(Handler::MemoryLimitChanging { old, new }));
            self.steps.push_back(Step::Limit(new));
        }
    }

    pub(super) fn begin_suspending(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.hasten = false;
        self.change_to(AppState::Suspending, now, out);
        self.call = Some(self.begin(Handler::Suspending, now, out));
    }

    /// It is ready, and nothing holds it any more.
    pub(super) fn suspended(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.call = None;
        self.suspended_at = now;
        self.change_to(AppState::Suspended, now, out);
        out.push(Output::Freeze);
    }

    fn enter_runs(&mut self, out: &mut Vec<Output>) {
        let is_ready = matches!(self.state, AppState::Background | AppState::Foreground)
            && !self.call.is_some_and(|call| call.handler.readies())
            && !self.is_ending();
        if is_ready && self.waiting_runs > 0 {
            out.push(Output::Enter { runs: self.waiting_runs });
            self.runs = self.runs.saturating_add(std::mem::take(&mut self.waiting_runs));
        }
    }

    const fn is_seen(&self) -> bool {
        self.visible && !self.held
    }

    /// What it may have, seen as it is.
    const fn limit_in_sight(&self) -> u64 {
        if self.is_seen() { self.policy.foreground_bytes } else { self.policy.background_bytes }
    }

    /// When it is suspended, if nothing else happens; none if something holds it (UWP-127, UWP-140).
    pub(super) fn suspends_at(&self) -> Option<Instant> {
        let holds = self.runs > 0 || self.waiting_runs > 0 || self.extension.is_some();
        if self.state != AppState::Background || self.is_seen() || holds || self.call.is_some() {
            return None;
        }
        let at_once = self.held || self.hasten;
        Some(if at_once { self.since } else { self.since + self.policy.suspend_after })
    }

    /// When it is ended for holding too much in the background, if nothing else happens.
    pub(super) fn over_limit_at(&self) -> Option<Instant> {
        let is_over = self.state == AppState::Background && self.memory_level() == MemoryLevel::OverLimit;
        let since = self
            .memory
            .over_since
            .filter(|_| is_over && self.policy.over_limit < std::time::Duration::MAX)?;
        Some(since.max(self.since) + self.policy.over_limit)
    }

    pub(super) fn end_over_limit(&mut self, now: Instant, out: &mut Vec<Output>) {
        self.end(self.leaving.unwrap_or(End::OverLimit), now, out);
    }
}
