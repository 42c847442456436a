//! The run, as its sandbox sees it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::event::EventKind;
use dormouse_core::outcome::bounded_message;
use dormouse_core::run::{DeferralError, RunMachine, Throttle};
use dormouse_core::{Stream, TaskFailure, TriggerDetails, WorkCost};
use futures::future::BoxFuture;

use super::RunCell;
use crate::drive::of_app::OfApp;
use crate::sandbox::AppSettings;
use crate::sandbox::port::{
    ActivationInfo, AppPort, Denial, RunPort, SocketAsk, SocketError, TimeLeft, Told,
};

/// How many denials, and how many refusals of memory, are told of one run: a guest can ask for what it does not get a
/// million times, and an operator's log is not its to fill. The receipt counts all.
const TOLD_MAX: u32 = 100;

impl RunPort for RunCell {
    fn activation(&self) -> ActivationInfo {
        let activation = &self.lease.activation;
        let registration = &self.known.registration;
        ActivationInfo {
            instance_id: self.run().to_string(),
            registration_id: registration.id.to_string(),
            name: registration.name.clone(),
            app: registration.app.to_string(),
            attempt: activation.attempt(),
            coalesced: activation.coalesced,
            scheduled_for: activation.scheduled_for,
            fired_at: activation.fired_at,
        }
    }

    fn details(&self) -> TriggerDetails {
        match &self.changes {
            Some(told) => TriggerDetails::StorageChanges(told.changes.clone()),
            None => self.lease.activation.details.clone(),
        }
    }

    fn accept_changes(&self) {
        // What a run does after its end is not accepted.
        if !self.inner().machine.has_ended() {
            self.changes_accepted.store(true, Ordering::Release);
        }
    }

    fn socket(&self, socket_id: &str, ask: SocketAsk) -> Result<(), SocketError> {
        // What a run does after its end is not accepted.
        match &self.socket {
            Some(held) if !self.inner().machine.has_ended() => held.ask(&self.shared.sockets, socket_id, ask),
            _ => Err(SocketError::NotOwned),
        }
    }

    fn take_deferral(&self) -> Result<(), DeferralError> {
        let open = {
            let mut inner = self.inner();
            inner.machine.take_deferral()?;
            inner.machine.deferrals_open()
        };
        let run = self.run();
        self.emit(|| EventKind::DeferralTaken { run, open });
        Ok(())
    }

    fn complete_deferral(&self) {
        let run = self.run();
        self.input(|machine, now| {
            if machine.has_ended() {
                return None;
            }
            let before = machine.deferrals_open();
            let output = machine.complete_deferral(now);
            let open = machine.deferrals_open();
            debug_assert!(open < before, "a deferral was completed that was not taken");
            self.emit(|| EventKind::DeferralCompleted { run, open });
            output
        });
    }

    fn progress(&self) -> u32 {
        self.progress.load(Ordering::Relaxed)
    }

    fn set_progress(&self, value: u32) {
        {
            let mut inner = self.inner();
            if inner.machine.has_ended() {
                return;
            }
            inner.progress_set = Some(value);
        }
        self.progress.store(value, Ordering::Relaxed);
        self.tell_progress(false);
    }

    fn suspended_count(&self) -> u32 {
        self.inner().machine.suspended_count()
    }

    fn throttle_count(&self, throttle: Option<Throttle>) -> u32 {
        let inner = self.inner();
        match throttle {
            Some(throttle) => inner.machine.throttle_count(throttle),
            None => inner.machine.suspended_count(),
        }
    }

    fn cancellation(&self) -> Option<Told> {
        self.told()
    }

    fn time_left(&self) -> TimeLeft {
        let now = self.shared.clock.now();
        let used = self.meter.used();
        let quota_cpu = self.allowance.quota().map(|(quota, _)| quota.left(now) + self.reserve());
        let inner = self.inner();
        TimeLeft { cpu: inner.machine.cpu_left(used), wall: inner.machine.wall_left(now), quota_cpu }
    }

    fn work_cost(&self) -> WorkCost {
        self.shared.work_cost().unwrap_or_default()
    }

    fn canceled(&self) -> BoxFuture<'static, Option<Told>> {
        let me = self.me.clone();
        Box::pin(async move { me.upgrade()?.told_or_done().await })
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, Option<Told>> {
        let me = self.me.clone();
        Box::pin(async move { me.upgrade()?.told_or_slept(span).await })
    }

    fn returned(&self, answer: Result<(), TaskFailure>) {
        let run = self.run();
        let ok = answer.is_ok();
        self.input(|machine, now| {
            if !machine.has_ended() {
                let open = machine.deferrals_open();
                self.emit(|| EventKind::Returned { run, ok, open });
            }
            let answer = answer
                .map_err(|f| TaskFailure { message: bounded_message(f.message), retry_after: f.retry_after });
            machine.returned(answer, now)
        });
    }

    fn nothing_left(&self) {
        self.input(RunMachine::nothing_left);
    }
}

impl AppPort for RunCell {
    fn settings(&self) -> Option<AppSettings> {
        self.own_settings()
    }

    fn interruption(&self) -> BoxFuture<'static, Option<Told>> {
        match self.told() {
            Some(_) => Box::pin(std::future::pending()),
            None => self.canceled(),
        }
    }

    fn denied(&self, denial: Denial) {
        if self.usage.denials() > TOLD_MAX {
            return;
        }
        let run = self.run();
        self.emit(|| EventKind::Denied { run, what: denial.to_string() });
    }

    fn output(&self, stream: Stream, bytes: &[u8]) {
        let run = self.run();
        self.emit(|| EventKind::Output { run, stream, text: String::from_utf8_lossy(bytes).into_owned() });
    }

    fn memory_refused(&self, wanted: u64, limit: u64) {
        if self.usage.memory_refusals() > TOLD_MAX {
            return;
        }
        let run = self.run();
        self.emit(|| EventKind::MemoryRefused { run, wanted, limit });
    }
}
