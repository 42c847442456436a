//! One instance of an app, as its sandbox sees the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dormouse_core::app::activation::{ARGUMENTS_LEN_MAX, ActivationKind, AppActivation};
use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::lifecycle::{
    AppState, CallId, End, ExtensionError, ExtensionReason, RestartError, RevokedReason,
};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::run::DeferralError;
use dormouse_core::{AppId, Limits, Stream, TaskFailure, Timestamp};
use futures::future::BoxFuture;
use futures::task::ArcWake;

use super::inner::{Asking, Because, Inner, Now};
use super::output::LiveOutput;
use super::port::{SessionPort, TaskEvent};
use super::session::Session;
use crate::drive::of_app::OfApp;
use crate::meter::Meter;
use crate::sandbox::AppSettings;
use crate::sandbox::port::{AppPort, Denial, RunPort, Told};
use crate::sandbox::usage::Usage;
use crate::shared::Shared;

/// How many denials, and how many refusals of memory, are told of one instance.
const TOLD_MAX: u32 = 100;

/// One instance.
pub(crate) struct Life {
    pub(super) session: Arc<Session>,
    /// Which it is, counted since the host began.
    pub(super) number: u64,
    /// Ends of instances before its own: what it says behind that is not accepted.
    pub(super) ends: u64,
    pub(crate) meter: Arc<Meter>,
    pub(crate) usage: Arc<Usage>,
    pub(super) live_output: LiveOutput,
    pub(super) limits: Limits,
    /// Bytes that it may hold.
    pub(super) memory: Arc<AtomicU64>,
    /// It can wait where nobody sees it.
    pub(super) waits_unseen: bool,
    /// It was woken since its last poll.
    pub(super) woken: AtomicBool,
    /// It is not polled, whatever wakes it.
    pub(super) frozen: AtomicBool,
}

/// What wakes the guest. While it is frozen that is only noted.
impl ArcWake for Life {
    fn wake_by_ref(life: &Arc<Self>) {
        // Sequentially consistent on both sides: either this sees that it is thawed, or who thaws it sees that it was woken.
        life.woken.store(true, Ordering::SeqCst);
        if !life.frozen.load(Ordering::SeqCst) {
            life.session.actor.wake();
        }
    }
}

impl Life {
    /// Feeds the session, unless this instance has ended.
    pub(super) fn feed<R>(&self, input: impl FnOnce(&mut Inner, Now) -> R) -> Option<R> {
        self.session.input(|inner, now| (inner.ends == self.ends).then(|| input(inner, now)))
    }

    pub(super) fn emit(&self, kind: impl FnOnce() -> AppEventKind) {
        self.session.emit(self.number, kind);
    }

    pub(super) fn tell_output(&self, stream: Stream, text: &[u8]) {
        if !text.is_empty() {
            self.emit(|| AppEventKind::Output { stream, text: String::from_utf8_lossy(text).into_owned() });
        }
    }
}

impl OfApp for Life {
    fn of_app(&self) -> (&Arc<Shared>, &AppId) {
        (&self.session.shared, &self.session.app)
    }

    /// An app asks for its tasks as whoever sees it does (UWP-044, UWP-045); nobody sees it in the background.
    fn may_request(&self) -> bool {
        self.session.state() == AppState::Foreground
    }
}

impl AppPort for Life {
    fn settings(&self) -> Option<AppSettings> {
        self.own_settings()
    }

    fn interruption(&self) -> BoxFuture<'static, Option<Told>> {
        // Its end asks nobody.
        Box::pin(std::future::pending())
    }

    fn denied(&self, denial: Denial) {
        if self.usage.denials() <= TOLD_MAX {
            self.emit(|| AppEventKind::Denied { what: denial.to_string() });
        }
    }

    fn output(&self, stream: Stream, bytes: &[u8]) {
        self.wrote(stream, bytes);
    }

    fn memory_refused(&self, wanted: u64, limit: u64) {
        if self.usage.memory_refusals() <= TOLD_MAX {
            self.emit(|| AppEventKind::MemoryRefused { wanted, limit });
        }
    }
}

impl SessionPort for Life {
    fn returned(&self, call: CallId) {
        let over = self.feed(|inner, now| {
            let told = inner.calls.get_mut(&call).map(|calling| {
                calling.returned = true;
                let took = now.at.since(calling.at);
                (calling.handler, u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
            });
            inner.calls.retain(|_, calling| !calling.returned || calling.open > 0);
            let outputs = inner.machine.returned(call, now.at);
            inner.decide(outputs, Because::Nothing, now);
            told
        });
        if let Some((handler, took_ms)) = over.flatten() {
            self.emit(|| AppEventKind::Returned { handler, call: call.0, took_ms });
            self.session.news.notify_waiters();
        }
    }

    fn activated(&self, number: u32, answer: Result<(), TaskFailure>) {
        let run = self.session.inner().entered.get(&number).map(|run| run.cell.clone());
        if let Some(cell) = run {
            cell.returned(answer);
        }
    }

    fn told(&self, event: TaskEvent) {
        self.task_event_over(event);
    }

    fn remaining(&self, call: CallId) -> Duration {
        self.feed(|inner, now| inner.machine.remaining(call, now.at)).flatten().unwrap_or_default()
    }

    fn deadline(&self, call: CallId) -> Timestamp {
        self.session.shared.clock.wall() + self.remaining(call)
    }

    fn take_deferral(&self, call: CallId) -> Result<(), DeferralError> {
        let taken = self.feed(|inner, _| {
            inner.machine.take_deferral(call)?;
            Ok(inner.calls.get_mut(&call).map_or(0, |calling| {
                calling.open += 1;
                calling.open
            }))
        });
        let open = taken.unwrap_or(Err(DeferralError::Ended))?;
        self.emit(|| AppEventKind::DeferralTaken { call: call.0, open });
        Ok(())
    }

    fn complete_deferral(&self, call: CallId) {
        let open = self.feed(|inner, now| {
            let open = inner.calls.get_mut(&call).map(|calling| {
                calling.open = calling.open.saturating_sub(1);
                calling.open
            });
            inner.calls.retain(|_, calling| !calling.returned || calling.open > 0);
            let outputs = inner.machine.complete_deferral(call, now.at);
            inner.decide(outputs, Because::Nothing, now);
            open
        });
        if let Some(open) = open.flatten() {
            self.emit(|| AppEventKind::DeferralCompleted { call: call.0, open });
        }
    }

    fn app_state(&self) -> AppState {
        self.session.state()
    }

    fn memory(&self) -> (u64, u64, MemoryLevel) {
        let (used, limit) = (self.usage.memory_bytes(), self.memory.load(Ordering::Relaxed));
        (used, limit, MemoryLevel::of(used, limit))
    }

    fn enable_prelaunch(&self, yes: bool) {
        let is_news = self.feed(|inner, _| inner.prelaunch.replace(yes) != Some(yes));
        if is_news == Some(true) {
            self.session.write_soon();
        }
    }

    fn request_extension(&self, reason: ExtensionReason, description: String) -> Result<u32, ExtensionError> {
        let granted = self.feed(|inner, now| {
            inner.machine.request_extension(reason, now.at)?;
            Ok(inner.extended.granted())
        });
        let granted = granted.unwrap_or(Err(ExtensionError::Denied));
        self.emit(|| match granted {
            Ok(_) => AppEventKind::ExtensionGranted { reason, description },
            Err(error) => AppEventKind::ExtensionDenied { reason, error },
        });
        granted
    }

    fn close_extension(&self, number: u32) {
        let closed = self.feed(|inner, now| {
            let is_current = inner.extended.is_current(number);
            if is_current {
                let outputs = inner.machine.close_extension(now.at);
                inner.extended.over();
                inner.decide(outputs, Because::Nothing, now);
            }
            is_current
        });
        if closed == Some(true) {
            self.emit(|| AppEventKind::ExtensionOver);
            self.session.news.notify_waiters();
        }
    }

    fn revoked(&self, number: u32) -> Option<RevokedReason> {
        let inner = self.session.inner();
        inner.extended.revoked(number, &inner.machine)
    }

    fn wait_revoked(&self, number: u32) -> BoxFuture<'static, Option<RevokedReason>> {
        let session = self.session.clone();
        Box::pin(async move {
            loop {
                // Enabled before the look: news between the look and the wait is not missed.
                let mut news = std::pin::pin!(session.news.notified());
                news.as_mut().enable();
                {
                    let inner = session.inner();
                    let revoked = inner.extended.revoked(number, &inner.machine);
                    if revoked.is_some() || !inner.extended.is_current(number) {
                        return revoked;
                    }
                }
                news.await;
            }
        })
    }

    fn request_restart(&self, arguments: String) -> Result<(), RestartError> {
        let asked = self.feed(|inner, now| {
            if arguments.len() > ARGUMENTS_LEN_MAX {
                // A cut text would be worse than none.
                return Err(RestartError::TooLong);
            }
            let ticket = inner.ticket(Asking {
                kind: ActivationKind::Launch,
                activation: Some(AppActivation::Launch { arguments }),
                answer: None,
                lease: None,
            });
            match inner.machine.request_restart(ticket, now.at) {
                Ok(outputs) => {
                    inner.decide(outputs, Because::Ends(End::Restarted), now);
                    Ok(())
                }
                Err(error) => {
                    inner.tickets.remove(&ticket);
                    Err(error)
                }
            }
        });
        let answer = asked.unwrap_or(Err(RestartError::Pending));
        if let Err(error) = &answer {
            self.emit(|| AppEventKind::Refused { what: "restart".to_owned(), error: error.to_string() });
        }
        answer
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        let clock = &self.session.shared.clock;
        clock.sleep_until(clock.now() + span)
    }
}
