//! Doing what is to be done, one thing after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Context;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::lifecycle::{AppState, Call, End, Handler, HandlerName, Output, Ticket};
use dormouse_core::{TrapKind, TriggerKind};
use futures::FutureExt;
use futures::channel::mpsc;

use super::actor::{Actor, Alive};
use super::calls::{CallArgs, Command};
use super::error::AppError;
use super::inner::Calling;
use super::life::Life;
use super::output::LiveOutput;
use super::runs::{self, Inside};
use super::session::Session;
use super::todo::{Do, Ending};
use super::{completions, instance, keep};
use crate::meter::Meter;
use crate::sandbox::usage::Usage;
use crate::sandbox::{Gauges, SandboxSpec};

impl Actor {
    /// Does what is to be done, as far as the store has answered.
    pub(super) fn perform(&mut self, cx: &mut Context<'_>) {
        let mut performed = false;
        loop {
            if let Some((keeping, since)) = &mut self.keeping {
                if keeping.poll_unpin(cx).is_pending() {
                    break;
                }
                let held_up = self.session.now().at.since(*since);
                self.keeping = None;
                self.session.inner().held_up(held_up);
            }
            let next = self.session.inner().todo.pop_front();
            let Some(next) = next else { break };
            performed = true;
            self.perform_one(next);
        }
        if performed {
            self.session.publish();
        }
    }

    fn perform_one(&mut self, next: Do) {
        let session = &self.session;
        match next {
            Do::Keep { kept, begins } => {
                let since = session.now().at;
                self.keeping = Some((keep::keep(session.clone(), kept, begins), since));
            }
            Do::Start { memory_bytes, ends } => self.alive = begin(session, memory_bytes, ends),
            Do::Became(state) => became(session, state),
            Do::Enter(entering) => self.enter(entering),
            Do::Cancel { cancellation, entered, waiting } => {
                for run in entered.iter().chain(&waiting) {
                    run.cell.cancel(cancellation.clone());
                }
                for run in waiting {
                    run.cell.kill(cancellation.clone());
                }
            }
            Do::End(ending) => self.end(*ending),
            Do::Dropped(ticket, refused) => {
                let end = session.inner().last_end.clone();
                settle(session, ticket, || match (refused, end) {
                    (Some(error), _) => Err(AppError::Store(error)),
                    (None, Some((end, message))) => Err(AppError::Ended { end, message }),
                    (None, None) => Err(AppError::Stopping),
                });
            }
            Do::Plain(output) => self.plain(output),
        }
    }

    fn plain(&mut self, output: Output) {
        let session = &self.session;
        match output {
            Output::Call(call) => self.call(call),
            Output::Settled(ticket) => {
                let hears = std::mem::replace(&mut session.inner().hears_of_tasks, true);
                if let Some(Alive { life, commands, .. }) = self.alive.as_ref().filter(|_| !hears) {
                    completions::begin(life.clone(), commands.clone());
                }
                settle(session, ticket, || Ok(()));
            }
            Output::Limit(new) => {
                let Some(Alive { life, .. }) = &self.alive else { return };
                let old = life.memory.swap(new, Ordering::Relaxed);
                life.emit(|| AppEventKind::MemoryLimit { old, new });
            }
            Output::Revoke(reason) => session.tell_of_extension(AppEventKind::ExtensionRevoked { reason }),
            Output::ExtensionOver => session.tell_of_extension(AppEventKind::ExtensionOver),
            Output::Freeze => self.freeze(true),
            Output::Thaw => self.freeze(false),
            // Each has a form of its own.
            Output::Keep(_)
            | Output::Start { .. }
            | Output::Became(_)
            | Output::Dropped(_)
            | Output::Enter { .. }
            | Output::CancelRuns(_)
            | Output::End(_) => {}
        }
    }

    fn freeze(&self, frozen: bool) {
        let Some(Alive { life, .. }) = &self.alive else { return };
        let now = self.session.now();
        self.session.inner().freeze(frozen, now.at);
        life.frozen.store(frozen, Ordering::SeqCst);
    }

    fn call(&self, call: Call) {
        let Some(Alive { life, commands, .. }) = &self.alive else { return };
        let handler = HandlerName::from(&call.handler);
        let now = self.session.now();
        let args = {
            let mut inner = self.session.inner();
            inner.calls.insert(call.id, Calling { handler, at: now.at, returned: false, open: 0 });
            match call.handler {
                Handler::Launched { ticket, .. } | Handler::Activated { ticket, .. } => {
                    let asking = inner.tickets.get_mut(&ticket);
                    asking.and_then(|asking| Some((asking.kind, asking.activation.take()?)))
                }
                _ => None,
            }
        };
        let kind = args.as_ref().map(|(kind, _)| *kind);
        match (call.handler, kind) {
            (Handler::Launched { previous, .. } | Handler::Activated { previous, .. }, Some(activation)) => {
                life.emit(|| AppEventKind::Activated { activation, previous });
            }
            (Handler::MemoryUsageChanged { change, level, used, limit }, _) => {
                life.emit(|| AppEventKind::MemoryLevel { change, level, used, limit });
            }
            _ => {}
        }
        life.emit(|| AppEventKind::Called { handler, call: call.id.0 });
        let args = match args {
            Some((_, AppActivation::Launch { arguments })) => CallArgs::Launch(arguments),
            Some((_, activation)) => CallArgs::Activation(activation),
            None => CallArgs::None,
        };
        // An error is that the instance trapped: its end is on its way.
        let _ = commands.unbounded_send(Command::Call { call, args });
    }

    fn enter(&self, entering: Vec<Inside>) {
        let Some(Alive { life, commands, .. }) = &self.alive else { return };
        for Inside { number, cell } in entering {
            if !self.session.inner().enters(number) {
                // It has ended meanwhile.
                continue;
            }
            let run = cell.run();
            life.emit(|| AppEventKind::RunEntered { run });
            let group = cell.known.registration.group.clone();
            let _ = commands.unbounded_send(Command::Activate { number, run: cell, group });
        }
    }

    fn end(&mut self, Ending { end, runs, lost, refused }: Ending) {
        let session = &self.session;
        let limit = self.alive.as_ref().map(|alive| alive.life.memory.load(Ordering::Relaxed));
        let held = self.alive.as_ref().map(|alive| alive.life.usage.memory_bytes());
        let wrote = self.alive.as_ref().and_then(|Alive { life, .. }| {
            life.tell_rest();
            life.usage.kept_within(session.shared.config.keep_output)
        });
        // Here the instance goes: before anyone hears of the end.
        self.alive = None;
        let (number, trap, message) = {
            let mut inner = session.inner();
            inner.life = None;
            inner.wrote = wrote;
            inner.held.clear();
            inner.calls.clear();
            inner.frozen = None;
            inner.hears_of_tasks = false;
            let trap = inner.trap.take().filter(|_| end == End::Crashed);
            let message = match (&refused, &trap) {
                (Some(error), _) => format!("the store did not keep that it is there: {error}"),
                (None, Some((_, said))) => said.clone(),
                (None, None) => said_of(end, held.unwrap_or_default(), limit.unwrap_or_default()),
            };
            // As one: whoever waits for its end is told which it was.
            inner.last_end = Some((end, message.clone()));
            inner.ended += 1;
            (inner.number, trap, message)
        };
        session.emit(number, || AppEventKind::Ended { end, message: message.clone() });
        runs::end(&runs, end, &message, trap.as_ref());
        for sight in lost {
            // It is lost once.
            let _ = sight.set((end, message.clone()));
        }
        session.news.notify_waiters();
    }
}

/// What is to be said of an end, for people.
fn said_of(end: End, held: u64, limit: u64) -> String {
    match end {
        End::Hung { handler } => {
            format!("`{}` had not returned when its time was over", handler.as_str())
        }
        End::SuspendFailed => {
            "`suspending` had not returned, or its deferrals were open, when its time was over".to_owned()
        }
        End::OverLimit => {
            format!("it held {held} bytes in the background for too long, and may hold {limit} there")
        }
        End::TaskKilled => "a background task in it had to be ended by force".to_owned(),
        _ => String::new(),
    }
}

/// Makes an instance; if the app is not installed any more, one that has trapped. None if its host was dropped.
pub(super) fn begin(session: &Arc<Session>, memory_bytes: u64, ends: u64) -> Option<Alive> {
    let shared = &session.shared;
    let number = shared.apps.number();
    let installed = shared.state().apps.get(&session.app).cloned();
    let component = installed.as_ref().and_then(|app| app.lifecycle.as_ref());
    let mut limits = installed
        .as_ref()
        .map(|app| app.limits.or(&shared.config.limits_default))
        .unwrap_or_default()
        .within(TriggerKind::Application, &shared.config.limits_max);
    limits.memory_bytes = memory_bytes;
    let life = Arc::new(Life {
        session: session.clone(),
        number,
        ends,
        meter: Arc::new(Meter::new(shared.clock.clone())),
        usage: Usage::of_app(limits.output_bytes),
        live_output: LiveOutput::new(limits.output_bytes, shared.clock.now()),
        limits: limits.clone(),
        memory: Arc::new(AtomicU64::new(memory_bytes)),
        waits_unseen: component.is_some_and(|app| app.component.may_wait_unseen()),
        woken: AtomicBool::new(true),
        frozen: AtomicBool::new(false),
    });
    let now = session.now();
    {
        let mut inner = session.inner();
        if inner.is_abandoned() {
            // What holds the session was taken out of it already: this would never be.
            return None;
        }
        inner.life = Some(life.clone());
        inner.number = number;
        inner.last_seen = now.at;
        inner.holds = 0;
    }
    // A list of what is there, which is nothing nearly always: tokio's has room for 32 from the first on, 4 KiB.
    let (commands, receiver) = mpsc::unbounded();
    let (Some(installed), Some(component)) = (&installed, component) else {
        let message = "it is not installed any more".to_owned();
        life.feed(|inner, now| inner.crash((TrapKind::Start, message), now));
        return Some(Alive { life, instance: None, commands });
    };
    let spec = SandboxSpec {
        limits,
        grants: installed.grants.clone(),
        env: Vec::new(),
        args: Vec::new(),
        blocking_inline: shared.config.blocking_inline,
    };
    let memory = Some(life.memory.clone());
    let gauges = Gauges { meter: life.meter.clone(), usage: life.usage.clone(), memory };
    let instance =
        instance::start(&component.component, spec, shared.clock.clone(), life.clone(), receiver, gauges);
    Some(Alive { life, instance: Some(instance), commands })
}

fn became(session: &Session, to: AppState) {
    let now = session.now();
    let (from, number) = {
        let mut inner = session.inner();
        let from = std::mem::replace(&mut inner.shown, to);
        inner.performed += 1;
        inner.since = now.wall;
        if from == AppState::Foreground {
            inner.last_seen = now.at;
        }
        (from, inner.number)
    };
    session.emit(number, || AppEventKind::StateChanged { from, to });
    match to {
        // Who waits for a place may have this one's.
        AppState::Suspended => session.shared.apps.may_give_way(),
        // What its tasks use is charged now, or not any more.
        AppState::Background | AppState::Foreground => session.wake_runs(),
        AppState::NotRunning | AppState::Suspending => {}
    }
}

/// Answers an activation.
fn settle(session: &Session, ticket: Ticket, answer: impl FnOnce() -> Result<(), AppError>) {
    let (asking, number) = {
        let mut inner = session.inner();
        (inner.tickets.remove(&ticket), inner.number)
    };
    let Some(asking) = asking else { return };
    let (answer, activation) = (answer(), asking.kind);
    session.emit(number, || match &answer {
        Ok(()) => AppEventKind::Settled { activation },
        Err(error) => AppEventKind::Refused { what: activation.to_string(), error: error.to_string() },
    });
    if let Some(asked) = asking.answer {
        // An error is that nobody waits.
        let _ = asked.send(answer);
    }
}
