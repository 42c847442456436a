//! What is known of an app, under its session's lock.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::app::activation::{ActivationKind, AppActivation};
use dormouse_core::app::lifecycle::{AppMachine, AppState, CallId, End, HandlerName, Ticket};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::app::previous::{AppStateRecord, Kept, PreviousExecutionState};
use dormouse_core::{AppId, Cursor, Instant, RunOutput, StoreError, Timestamp, TrapKind};
use tokio::sync::oneshot;

use super::apps::Place;
use super::completions::Telling;
use super::error::AppError;
use super::extension::Extended;
use super::lease::Sight;
use super::life::Life;
use super::runs::Inside;
use super::seat::Seat;
use super::todo::Do;

/// Activations of one app that are not dealt with, at most. Each carries up to a mebibyte, and its handler may take as long
/// as the policy says.
const ACTIVATIONS_MAX: usize = 16;

/// What is known of it, under its lock.
pub(super) struct Inner {
    pub(super) app: AppId,
    pub(super) machine: AppMachine,
    /// What the machine said that is to be done, in its order.
    pub(super) todo: VecDeque<Do>,
    /// An actor goes on. The first input that finds none starts one.
    pub(super) has_actor: bool,
    /// The actor's, or that of the one before.
    pub(super) seat: Option<Arc<Seat>>,
    /// What is kept of it once all is done that is to be done, and since when.
    pub(super) kept: (Option<Kept>, Timestamp),
    /// The same, of what was done.
    pub(super) written: (Option<Kept>, Timestamp),
    /// What it said of prelaunch.
    pub(super) prelaunch: Option<bool>,
    /// What is kept of it is to be written by somebody nobody waits for, who has not looked yet at what that is.
    pub(super) is_to_write: bool,
    /// There is such a somebody. Never two.
    pub(super) has_writer: bool,
    /// Activations that are not dealt with.
    pub(super) tickets: HashMap<Ticket, Asking>,
    last_ticket: u64,
    /// Who wants to see it.
    pub(super) leases: HashMap<u64, Arc<Sight>>,
    last_lease: u64,
    /// Runs that wait for it, the oldest first.
    pub(super) waiting: VecDeque<Inside>,
    /// Runs that entered it, by their numbers.
    pub(super) entered: BTreeMap<u32, Inside>,
    /// Those that its instance knows, and may still be about.
    pub(super) held: HashSet<u32>,
    pub(super) last_run: u32,
    /// The right to an instance.
    pub(super) place: Option<Place>,
    /// Changes of its state so far: those that the machine said, and those that were told.
    pub(super) decided: u64,
    pub(super) performed: u64,
    /// Ends of instances, likewise.
    pub(super) ends: u64,
    pub(super) ended: u64,
    /// How often somebody wanted it back.
    pub(super) wanted_back: u64,
    /// Its instance, if there is one.
    pub(super) life: Option<Arc<Life>>,
    /// Which that is, counted since the host began.
    pub(super) number: u64,
    pub(super) shown: AppState,
    pub(super) since: Timestamp,
    /// When it was seen last; its start if it never was.
    pub(super) last_seen: Instant,
    pub(super) last_end: Option<(End, String)>,
    /// What the last instance wrote, as far as it is kept.
    pub(super) wrote: Option<RunOutput>,
    /// What its guest said when it trapped.
    pub(super) trap: Option<(TrapKind, String)>,
    /// Calls that are under way, or whose deferrals are open.
    pub(super) calls: HashMap<CallId, Calling>,
    pub(super) extended: Extended,
    /// When the two of `task-events` must have returned, of those that are under way.
    pub(super) telling: [Option<Telling>; 2],
    /// The first and the last of its own completions that it was being told of when it trapped last.
    pub(super) trapped_at: Option<(Cursor, Cursor)>,
    /// How the last instance that was said to end does.
    pub(super) ends_by: Option<End>,
    /// Bytes that the machine was told that it holds.
    pub(super) holds: u64,
    /// Since when it is frozen.
    pub(super) frozen: Option<Instant>,
    /// Its first activation was dealt with: from then on it is told of its tasks.
    pub(super) hears_of_tasks: bool,
    /// Nothing begins any more, and it is why.
    pub(super) shut: Option<Shut>,
}

/// Why nothing of an app begins any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// Its host stops.
    Stopping,
    /// It was removed.
    Gone,
    /// Its host was dropped: nothing is done any more, as if it had fallen.
    Abandoned,
}

/// An activation that is not dealt with.
pub(super) struct Asking {
    pub(super) kind: ActivationKind,
    /// What comes with it, until it is passed on.
    pub(super) activation: Option<AppActivation>,
    /// None: the guest's own restart.
    pub(super) answer: Option<oneshot::Sender<Result<(), AppError>>>,
    /// Whoever asked wants to see it, and it is still to come.
    pub(super) lease: Option<u64>,
}

/// A call of a handler.
pub(super) struct Calling {
    pub(super) handler: HandlerName,
    pub(super) at: Instant,
    pub(super) returned: bool,
    /// Deferrals that are open.
    pub(super) open: u32,
}

/// The moment of an input, by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) at: Instant,
    pub(super) wall: Timestamp,
}

/// What an input is because of, for those who are told.
pub(super) enum Because {
    /// Nothing that anybody is told.
    Nothing,
    /// It is to end so: that is what runs in it are told.
    Ends(End),
    /// The store did not keep that it is activated: what was kept before is kept.
    NotKept((Option<Kept>, Timestamp), StoreError),
}

impl Inner {
    pub(super) fn new(app: AppId, policy: AppPolicy, at: Timestamp) -> Self {
        Self {
            app,
            machine: AppMachine::new(policy),
            todo: VecDeque::new(),
            has_actor: false,
            seat: None,
            kept: (None, at),
            written: (None, at),
            prelaunch: None,
            is_to_write: false,
            has_writer: false,
            tickets: HashMap::new(),
            last_ticket: 0,
            leases: HashMap::new(),
            last_lease: 0,
            waiting: VecDeque::new(),
            entered: BTreeMap::new(),
            held: HashSet::new(),
            last_run: 0,
            place: None,
            decided: 0,
            performed: 0,
            ends: 0,
            ended: 0,
            wanted_back: 0,
            life: None,
            number: 0,
            shown: AppState::NotRunning,
            since: at,
            last_seen: Instant::ORIGIN,
            last_end: None,
            wrote: None,
            trap: None,
            calls: HashMap::new(),
            extended: Extended::default(),
            telling: [None; 2],
            trapped_at: None,
            ends_by: None,
            holds: 0,
            frozen: None,
            hears_of_tasks: false,
            shut: None,
        }
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.shut == Some(Shut::Abandoned)
    }

    /// Nothing is done any more, and who waits for its end has waited long enough. Answers what it held, to be dropped.
    pub(super) fn abandon(&mut self) -> impl Sized + use<> {
        self.shut = Some(Shut::Abandoned);
        self.shown = AppState::NotRunning;
        self.ends = self.coming_end();
        self.ended = self.ends;
        for sight in std::mem::take(&mut self.leases).into_values() {
            // It is lost once.
            let _ = sight.set((End::Terminated, "its host was dropped".to_owned()));
        }
        let runs = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.entered));
        // Nothing of a run is in an instance that is not polled any more.
        self.held.clear();
        (
            runs,
            std::mem::take(&mut self.todo),
            std::mem::take(&mut self.tickets),
            self.life.take(),
            self.place.take(),
        )
    }

    /// The number of its next end, or, if it is not there, of its last.
    pub(super) fn coming_end(&self) -> u64 {
        self.ends + u64::from(self.machine.state() != AppState::NotRunning)
    }

    /// Whether anything may begin.
    ///
    /// # Errors
    ///
    /// It is shut.
    pub(super) fn open(&self) -> Result<(), AppError> {
        match self.shut {
            None => Ok(()),
            Some(Shut::Gone) => Err(AppError::NotInstalled { app: self.app.clone() }),
            Some(Shut::Stopping | Shut::Abandoned) => Err(AppError::Stopping),
        }
    }

    /// Nothing of it begins any more, if there is a reason why.
    pub(super) fn close(&mut self, shut: Option<Shut>) {
        self.shut = match (self.shut, shut) {
            // What is removed keeps nothing, whatever else comes to an end.
            (Some(Shut::Stopping), Some(Shut::Gone)) => shut,
            (before, _) => before.or(shut),
        };
        if self.shut.is_some() {
            self.machine.shut();
        }
    }

    /// Whether one more activation may wait for it.
    ///
    /// # Errors
    ///
    /// As many do as may.
    pub(super) fn takes_one_more(&self) -> Result<(), AppError> {
        if self.tickets.len() < ACTIVATIONS_MAX {
            return Ok(());
        }
        Err(AppError::Busy { app: self.app.clone(), max: ACTIVATIONS_MAX })
    }

    /// Whether it has a place for its instance; takes this one if it has none.
    pub(super) fn takes(&mut self, place: &mut Option<Place>) -> bool {
        if self.place.is_none() {
            self.place = place.take();
        }
        self.place.is_some()
    }

    /// What it is told that it was, if it is not there.
    pub(super) fn previous(&self, wall: Timestamp) -> PreviousExecutionState {
        let (kept, at) = self.kept;
        let record = AppStateRecord { kept, ..AppStateRecord::new(self.app.clone(), at) };
        record.previous(wall, self.machine.policy().closed)
    }

    pub(super) fn ticket(&mut self, asking: Asking) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, asking);
        ticket
    }

    pub(super) fn new_lease(&mut self) -> (u64, Arc<Sight>) {
        self.last_lease += 1;
        let sight = Arc::<Sight>::default();
        self.leases.insert(self.last_lease, sight.clone());
        (self.last_lease, sight)
    }

    /// A run is passed on to the instance: from now on that is about it. False if it has ended meanwhile.
    pub(super) fn enters(&mut self, number: u32) -> bool {
        self.entered.contains_key(&number) && self.held.insert(number)
    }

    /// Whether there is an instance, or one begins.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn is_there(&self) -> Result<(), AppError> {
        match self.machine.state() {
            AppState::NotRunning => Err(AppError::NotRunning { app: self.app.clone() }),
            _ => Ok(()),
        }
    }

    /// Something that is to be over in time is under way: a call of its life, or of its tasks' events.
    pub(super) fn is_called(&self) -> bool {
        self.telling.iter().any(Option::is_some) || !self.calls.is_empty()
    }

    /// When something is to be done although nobody does anything.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let telling = self.telling.iter().flatten().filter(|_| self.frozen.is_none());
        telling.map(|telling| telling.deadline).chain(self.machine.next_timeout()).min()
    }

    /// Time passed.
    pub(super) fn tick(&mut self, now: Now) {
        let outputs = self.machine.tick(now.at);
        self.decide(outputs, Because::Nothing, now);
        let late =
            self.frozen.is_none() && self.telling.iter().flatten().any(|telling| telling.deadline <= now.at);
        if late {
            self.telling = [None; 2];
            let outputs = self.machine.hung(HandlerName::TaskEvents, now.at);
            self.decide(outputs, Because::Nothing, now);
        }
    }

    /// The instance is not polled from now on, or again.
    pub(super) fn freeze(&mut self, frozen: bool, now: Instant) {
        if frozen {
            self.frozen = Some(now);
        } else if let Some(since) = self.frozen.take() {
            self.put_off(now.since(since));
        }
    }

    /// The store was asked for so long, and the instance not polled meanwhile.
    pub(super) fn held_up(&mut self, span: Duration) {
        self.machine.held_up(span);
        self.put_off(span);
    }

    /// It was cut off from what it is told, and goes on.
    fn put_off(&mut self, span: Duration) {
        for telling in self.telling.iter_mut().flatten() {
            telling.deadline = telling.deadline + span;
        }
    }

    /// As the store is to keep it.
    pub(super) fn record(&self) -> AppStateRecord {
        let (kept, at) = self.written;
        AppStateRecord { kept, prelaunch: self.prelaunch, ..AppStateRecord::new(self.app.clone(), at) }
    }
}
