//! One run, as it is seen from all sides: the guest's imports, its driver, and whoever cancels it.
//!
//! The rules are [`RunMachine`]'s. This is the lock around it, the wakers of those who wait for it, and the
//! events that its answers cause. The lock is held for one input at a time and is free of contention but for
//! a cancellation from outside.

mod ending;
mod idle;
mod port;
mod quota;
mod registrations;
mod terms;
mod waiting;

use ending::Moments;
pub(crate) use idle::Watch;
pub(crate) use terms::{Brought, Terms};

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use dormouse_core::activation::Lease;
use dormouse_core::event::EventKind;
use dormouse_core::outcome::{Cancellation, Outcome};
use dormouse_core::run::{Output, RunMachine};
use dormouse_core::{Class, Ending, Instant, Limits, RunId, Stop, Stream, TrapKind};
use futures::task::{ArcWake, AtomicWaker};
use tokio::sync::Notify;

use crate::meter::Meter;
use crate::sandbox::port::{AppPort, Told};
use crate::sandbox::usage::Usage;
use crate::shared::{Allowance, Known, Shared};
use crate::source::filesystem::Told as ToldChanges;
use crate::source::socket::Held;
use crate::subscribe::Progress;

pub(crate) struct RunCell {
    /// Itself, for the futures that outlive a borrow.
    me: Weak<RunCell>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) known: Arc<Known>,
    pub(crate) lease: Lease,
    pub(crate) meter: Arc<Meter>,
    pub(crate) usage: Arc<Usage>,
    /// As they were when it started.
    pub(crate) limits: Limits,
    /// What it is for, as that was when it started.
    pub(crate) class: Class,
    /// Woken when the machine changed other than by the driver itself.
    pub(crate) driver: AtomicWaker,
    /// Since its poll began, the guest was woken: it gave way, and goes on.
    pub(crate) asks_for_more: AtomicBool,
    inner: Mutex<Inner>,
    /// `canceled` and `sleep` look at the machine again.
    news: Notify,
    progress: AtomicU32,
    /// The guest accepted the storage changes that came with the trigger.
    pub(crate) changes_accepted: AtomicBool,
    /// What it is told of storage changes, where that is not what its activation carries.
    pub(crate) changes: Option<ToldChanges>,
    /// The socket that it was woken for.
    socket: Option<Held>,
    /// Calls of `canceled` and of `sleep` that are under way: while there are any, the guest waits for us.
    waits: AtomicU32,
    sleeps: AtomicU32,
    /// Its app's quota of CPU time.
    allowance: Arc<Allowance>,
    /// What is left of its own beside that, in nanoseconds (UWP-106). Only the thread that polls the guest writes it.
    reserve: AtomicU64,
}

struct Inner {
    machine: RunMachine,
    outcome: Option<Outcome>,
    moments: Moments,
    /// The last progress set, and when it was last told; coalesced between.
    progress_set: Option<u32>,
    progress_told: Option<(u32, Instant)>,
}

/// What wakes the guest. That it is woken while it is polled tells that it only gave way.
impl ArcWake for RunCell {
    fn wake_by_ref(cell: &Arc<Self>) {
        cell.asks_for_more.store(true, Ordering::Relaxed);
        cell.driver.wake();
    }
}

impl RunCell {
    pub(crate) fn new(
        shared: Arc<Shared>,
        known: Arc<Known>,
        lease: Lease,
        Brought { changes, socket }: Brought,
        Terms { limits, class, allowance }: Terms,
    ) -> Arc<Self> {
        let machine = RunMachine::new(limits.clone(), shared.clock.now());
        let reserve = shared.config.quota_reserve.of(known.registration.trigger.kind());
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            allowance,
            reserve: AtomicU64::new(nanos(reserve)),
            meter: Arc::new(Meter::new(shared.clock.clone())),
            usage: Usage::new(limits.output_bytes),
            limits,
            class,
            shared,
            known,
            lease,
            driver: AtomicWaker::new(),
            asks_for_more: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                machine,
                outcome: None,
                moments: Moments::default(),
                progress_set: None,
                progress_told: None,
            }),
            news: Notify::new(),
            progress: AtomicU32::new(0),
            changes_accepted: AtomicBool::new(false),
            changes,
            socket,
            waits: AtomicU32::new(0),
            sleeps: AtomicU32::new(0),
        })
    }

    pub(crate) fn run(&self) -> RunId {
        self.lease.run
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // The machine stays whole through a panic: each input is applied before anything can fail.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn emit(&self, kind: impl FnOnce() -> EventKind) {
        self.shared.emit(self.known.registration.id, kind);
    }

    /// Feeds the machine one input and does what it answers.
    pub(crate) fn input(&self, input: impl FnOnce(&mut RunMachine, Instant) -> Option<Output>) {
        let now = self.shared.clock.now();
        let mut inner = self.inner();
        let Some(output) = input(&mut inner.machine, now) else { return };
        inner.moments.said(&output, now);
        let told = match &output {
            Output::Tell => inner.machine.cancellation().cloned(),
            _ => None,
        };
        let paused_until = match &output {
            Output::Pause => inner.machine.next_timeout(),
            _ => None,
        };
        if let Output::End(outcome) = &output {
            inner.outcome = Some(outcome.clone());
        }
        drop(inner);
        // Outside the lock: observers and wakers may look at the run.
        let run = self.run();
        match output {
            Output::Tell => {
                if let Some(cancellation) = told {
                    self.emit(|| EventKind::CancelRequested { run, cancellation });
                }
                self.news.notify_waiters();
            }
            Output::Pause => {
                let wait = paused_until.map_or(Duration::ZERO, |until| until.since(now));
                self.emit(|| EventKind::Paused { run, until: self.shared.clock.wall() + wait });
            }
            Output::Resume => self.emit(|| EventKind::Resumed { run }),
            Output::Done | Output::End(_) => self.news.notify_waiters(),
        }
        self.driver.wake();
    }

    /// What the driver asks after each step.
    pub(crate) fn status(&self) -> Status {
        let mut inner = self.inner();
        match inner.outcome.take() {
            Some(outcome) => Status::Ended(outcome),
            None => {
                Status::Running { paused: inner.machine.is_paused(), timeout: inner.machine.next_timeout() }
            }
        }
    }

    /// What it was cancelled with, if it was; whether the guest has heard of that or not.
    pub(crate) fn cancelled_by(&self) -> Option<Cancellation> {
        self.inner().machine.cancellation().cloned()
    }

    /// Whether its handler returned, with all deferrals complete: nothing of it is under way in the guest any more.
    pub(crate) fn is_out(&self) -> bool {
        let inner = self.inner();
        inner.machine.has_returned() && inner.machine.deferrals_open() == 0
    }

    /// Whether a quota holds it.
    pub(crate) fn is_paused(&self) -> bool {
        self.inner().machine.is_paused()
    }

    pub(crate) fn cancel(&self, cancellation: Cancellation) {
        self.input(|machine, now| machine.cancel(cancellation, now));
    }

    pub(crate) fn kill(&self, cancellation: Cancellation) {
        self.input(|machine, now| machine.kill(cancellation, now));
        // What waits was woken. What computes would go on to the next tick. A turn that was about to begin is not seen here:
        // that one does go on to it.
        if self.meter.hurry() {
            self.shared.engine.interrupt();
        }
    }

    pub(crate) fn trapped(&self, kind: TrapKind, message: String) {
        self.input(|machine, now| machine.trapped(kind, message, now));
    }

    /// The sandbox is gone: a socket that was not handed back is closed.
    pub(crate) fn let_go(&self) {
        if let Some(socket) = &self.socket {
            socket.run_ended();
        }
    }

    /// Sandbox, memory and slot are free again.
    pub(crate) fn freed(&self) {
        let mut inner = self.inner();
        if !inner.moments.is_ending() {
            return;
        }
        inner.moments.freed(self.shared.clock.now());
        let ending = inner.moments.ending();
        drop(inner);
        self.shared.figures.ended(ending);
    }

    /// Its end is recorded, and with that its lease is free.
    pub(crate) fn released(&self) {
        if let Some(ended) = self.inner().moments.ended() {
            self.shared.figures.released.add(self.shared.clock.now().since(ended));
        }
    }

    /// Wall time, time paused, pauses, deferrals, progress: what the receipt takes from the machine.
    pub(crate) fn totals(&self) -> Totals {
        let now = self.shared.clock.now();
        let inner = self.inner();
        Totals {
            wall: inner.machine.elapsed(now),
            paused: inner.machine.paused(now),
            suspended_count: inner.machine.suspended_count(),
            deferrals: inner.machine.deferrals_taken(),
            progress: inner.progress_set,
            stop: inner.machine.stop().cloned(),
            ending: inner.moments.ending(),
        }
    }

    /// Tells the progress last set, if it was not told yet and `force`, or the time between two tellings, is over.
    pub(crate) fn tell_progress(&self, force: bool) {
        let value = {
            let mut inner = self.inner();
            let Some(value) = inner.progress_set else { return };
            let now = self.shared.clock.now();
            if let Some((told, at)) = inner.progress_told {
                let too_soon = now.since(at) < self.limits.progress_every;
                if told == value || (too_soon && !force) {
                    return;
                }
            }
            inner.progress_told = Some((value, now));
            value
        };
        let run = self.run();
        self.emit(|| EventKind::Progress { run, value });
        // An error is only that nobody subscribes.
        let _ = self.shared.wake.progress.send(Progress {
            registration: self.known.registration.id,
            activation: self.lease.activation.id,
            run,
            value,
        });
    }

    /// Tells the end of output that was too long to be told live.
    pub(crate) fn tell_rest(&self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if let Some(bytes) = self.usage.output(stream).unheard() {
                self.output(stream, &bytes);
            }
        }
    }

    fn told(&self) -> Option<Told> {
        let mut inner = self.inner();
        let cancellation = inner.machine.cancellation()?.clone();
        if inner.moments.is_untold() {
            inner.moments.told(self.shared.clock.now());
        }
        Some(Told { cancellation, grace: self.limits.grace })
    }
}

/// Where a run is, to its driver.
pub(crate) enum Status {
    Running { paused: bool, timeout: Option<Instant> },
    Ended(Outcome),
}

pub(crate) struct Totals {
    pub(crate) wall: Duration,
    pub(crate) paused: Duration,
    pub(crate) suspended_count: u32,
    pub(crate) deferrals: u32,
    pub(crate) progress: Option<u32>,
    pub(crate) stop: Option<Stop>,
    pub(crate) ending: Option<Ending>,
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
