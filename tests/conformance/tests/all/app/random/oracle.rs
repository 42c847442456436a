//! The machine of an app's life with a guest that does at once what it is told, and is never late.

mod guest;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{AppError, AppPolicy};
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppMachine, AppState, Asked, Call, Output, Ticket, Wanted};
use dormouse_core::app::previous::{AppStateRecord, Kept, PreviousExecutionState};
use dormouse_core::{Instant, Timestamp};

use super::super::MIB;

/// What the machine said, with what its host knows of that beside it.
enum Do {
    Plain(Output),
    Enter(Vec<usize>),
    /// Those that wait, and those that run.
    Cancel(Vec<usize>),
}

/// What the guest is told.
enum Told {
    Call(Call),
    Activate(usize),
}

/// What whoever asks something is to be answered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expects {
    /// That it is done.
    Done,
    /// That it is not there.
    NotRunning,
    /// What becomes of his activation.
    Dealt(Ticket),
    /// That it is done; or that it ended first, if it has ended more often than this.
    DoneUnlessEnded(u32),
}

struct Asking {
    activation: AppActivation,
    /// Whoever asked wants to see it, and it is still to come.
    lease: Option<u64>,
}

struct Task {
    arguments: &'static str,
    /// When it returns; none while it has not begun.
    until: Option<Instant>,
}

/// See the [module](self).
pub(super) struct Oracle {
    machine: AppMachine,
    policy: AppPolicy,
    now: Instant,
    begun: (Instant, Timestamp),
    kept: (Option<Kept>, Timestamp),
    todo: VecDeque<Do>,
    asking: HashMap<Ticket, Asking>,
    /// The activations that were settled, and those that were dropped.
    dealt: HashMap<Ticket, bool>,
    tickets: u64,
    ends: u32,
    leases: Vec<u64>,
    /// Every task ever, and those that wait for the app, run in it, and are over without it knowing.
    tasks: Vec<Task>,
    waiting: Vec<usize>,
    entered: Vec<usize>,
    over: VecDeque<usize>,
    /// What the guest was told and has not done.
    told: VecDeque<Told>,
    orders: String,
    /// It has a handle to the extended execution that there is.
    extended: bool,
    became: Vec<String>,
    heard: Vec<String>,
}

impl Oracle {
    pub(super) fn new(policy: AppPolicy, now: Instant, wall: Timestamp) -> Self {
        Self {
            machine: AppMachine::new(policy),
            policy,
            now,
            begun: (now, wall),
            kept: (None, wall),
            todo: VecDeque::new(),
            asking: HashMap::new(),
            dealt: HashMap::new(),
            tickets: 0,
            ends: 0,
            leases: Vec::new(),
            tasks: Vec::new(),
            waiting: Vec::new(),
            entered: Vec::new(),
            over: VecDeque::new(),
            told: VecDeque::new(),
            orders: String::new(),
            extended: false,
            became: Vec::new(),
            heard: Vec::new(),
        }
    }

    pub(super) const fn machine(&self) -> &AppMachine {
        &self.machine
    }

    pub(super) fn leases(&self) -> u32 {
        u32::try_from(self.leases.len()).unwrap()
    }

    /// Tasks that wait for it or run in it.
    pub(super) fn tasks(&self) -> u32 {
        u32::try_from(self.waiting.len() + self.entered.len()).unwrap()
    }

    /// What it became and heard since this was asked last.
    pub(super) fn said(&mut self) -> (Vec<String>, Vec<String>) {
        (std::mem::take(&mut self.became), std::mem::take(&mut self.heard))
    }

    fn wall(&self) -> Timestamp {
        let (begun, wall) = self.begun;
        wall + self.now.since(begun)
    }

    /// What it is told that it was, if it is not there.
    pub(super) fn previous(&self) -> PreviousExecutionState {
        let (kept, at) = self.kept;
        let record = AppStateRecord { kept, ..AppStateRecord::new(Rig::app(), at) };
        record.previous(self.wall(), self.policy.closed)
    }

    fn is_there(&self) -> bool {
        self.machine.state() != AppState::NotRunning
    }

    // ---- what is asked of it ----------------------------------------------------------------------------

    fn input(&mut self, input: impl FnOnce(&mut AppMachine, Instant) -> Vec<Output>) {
        let outputs = input(&mut self.machine, self.now);
        self.decide(outputs);
        self.settle();
    }

    /// Whether whoever expects this may be answered so by now.
    pub(super) fn answers(&self, expects: Expects, answer: &Result<(), AppError>) -> bool {
        let (done, ended) = (answer.is_ok(), matches!(answer, Err(AppError::Ended { .. })));
        match expects {
            Expects::Done => done,
            Expects::NotRunning => matches!(answer, Err(AppError::NotRunning { .. })),
            Expects::Dealt(ticket) => {
                self.dealt.get(&ticket).is_some_and(|settled| if *settled { done } else { ended })
            }
            Expects::DoneUnlessEnded(ends) => done || (ended && self.ends > ends),
        }
    }

    pub(super) fn activate(&mut self, activation: AppActivation, seen: bool) -> Expects {
        let wanted = match &activation {
            activation if activation.is_plain() => Wanted::Plain,
            AppActivation::Launch { .. } => Wanted::Launch,
            _ => Wanted::Other,
        };
        self.ask(activation, wanted, seen)
    }

    pub(super) fn prelaunch(&mut self) -> Expects {
        if self.is_there() {
            return Expects::Done;
        }
        self.ask(AppActivation::launch(), Wanted::Prelaunch, false)
    }

    fn ask(&mut self, activation: AppActivation, wanted: Wanted, seen: bool) -> Expects {
        let last = self.previous();
        self.tickets += 1;
        let lease = seen.then_some(self.tickets);
        self.leases.extend(lease);
        let ticket = Ticket(self.tickets);
        self.asking.insert(ticket, Asking { activation, lease });
        self.input(|machine, now| machine.activate(Asked { ticket, wanted, seen, last }, now));
        Expects::Dealt(ticket)
    }

    pub(super) fn show(&mut self) {
        if self.is_there() {
            self.tickets += 1;
            self.leases.push(self.tickets);
            self.input(AppMachine::show);
        }
    }

    pub(super) fn hide(&mut self) {
        if !std::mem::take(&mut self.leases).is_empty() {
            self.input(AppMachine::hide);
        }
    }

    pub(super) fn suspend(&mut self) -> Expects {
        self.if_there(Expects::DoneUnlessEnded(self.ends), AppMachine::suspend)
    }

    pub(super) fn resume(&mut self) -> Expects {
        self.if_there(Expects::DoneUnlessEnded(self.ends), AppMachine::resume)
    }

    pub(super) fn terminate(&mut self) -> Expects {
        self.if_there(Expects::Done, AppMachine::terminate)
    }

    pub(super) fn close(&mut self) -> Expects {
        self.if_there(Expects::Done, AppMachine::close)
    }

    fn if_there(&mut self, expects: Expects, input: fn(&mut AppMachine, Instant) -> Vec<Output>) -> Expects {
        if !self.is_there() {
            return Expects::NotRunning;
        }
        self.input(input);
        expects
    }

    pub(super) fn fire(&mut self, arguments: &'static str) {
        self.waiting.push(self.tasks.len());
        self.tasks.push(Task { arguments, until: None });
        self.input(AppMachine::run_waits);
    }

    /// The oldest task in it is ended by force: which that is.
    pub(super) fn kill(&mut self) -> Option<usize> {
        let task = *self.entered.first()?;
        self.input(AppMachine::run_killed);
        Some(task)
    }

    pub(super) fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let returns = self.entered.iter().filter_map(|task| self.tasks[*task].until).min();
            let next = [self.machine.next_timeout(), returns].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            for task in &self.entered {
                let returns = &mut self.tasks[*task].until;
                if returns.take_if(|until| *until <= self.now).is_some() {
                    self.over.push_back(*task);
                }
            }
            self.input(AppMachine::tick);
        }
        self.now = until;
    }

    // ---- what its host makes of what the machine says ---------------------------------------------------

    fn decide(&mut self, outputs: Vec<Output>) {
        for output in &outputs {
            if let Output::Settled(ticket) | Output::Dropped(ticket) = output
                && let Some(asking) = self.asking.get_mut(ticket)
            {
                asking.lease = None;
            }
        }
        let mut ended = false;
        for output in outputs {
            let next = match output {
                Output::Keep(kept) => {
                    self.kept = (Some(kept), self.wall());
                    continue;
                }
                Output::Enter { runs } => {
                    let runs = self.waiting.drain(..usize::try_from(runs).unwrap()).collect::<Vec<_>>();
                    self.entered.extend(&runs);
                    Do::Enter(runs)
                }
                Output::CancelRuns(_) => {
                    Do::Cancel(self.waiting.drain(..).chain(self.entered.iter().copied()).collect())
                }
                Output::End(_) => {
                    ended = true;
                    self.ends += 1;
                    self.entered.clear();
                    // Those who saw it see nothing any more; those who wait for another one will.
                    let coming: Vec<u64> = self.asking.values().filter_map(|asking| asking.lease).collect();
                    self.leases.retain(|lease| coming.contains(lease));
                    Do::Plain(output)
                }
                output => Do::Plain(output),
            };
            self.todo.push_back(next);
        }
        if ended && self.leases.is_empty() {
            let outputs = self.machine.hide(self.now);
            self.decide(outputs);
        }
    }

    /// All that follows: first what the host does, then what the guest does of that, then that its tasks are over.
    fn settle(&mut self) {
        loop {
            if let Some(next) = self.todo.pop_front() {
                self.perform(next);
            } else if let Some(told) = self.told.pop_front() {
                self.hear(told);
            } else if let Some(task) = self.over.pop_front() {
                self.task_over(task);
            } else {
                return;
            }
        }
    }

    fn perform(&mut self, next: Do) {
        let output = match next {
            Do::Enter(runs) => {
                self.became.extend(runs.iter().map(|_| "enter".to_owned()));
                self.told.extend(runs.into_iter().map(Told::Activate));
                return;
            }
            Do::Cancel(runs) => {
                self.over.extend(runs);
                return;
            }
            Do::Plain(output) => output,
        };
        let word = match output {
            Output::Became(state) => format!("became {}", state.as_str()),
            Output::Call(call) => {
                self.told.push_back(Told::Call(call));
                format!("call {}", call.handler.name())
            }
            Output::Settled(ticket) => {
                let asking = self.asking.remove(&ticket).unwrap();
                self.dealt.insert(ticket, true);
                format!("settled {}", asking.activation.kind())
            }
            Output::Dropped(ticket) => {
                self.asking.remove(&ticket);
                self.dealt.insert(ticket, false);
                return;
            }
            Output::Limit(bytes) => format!("limit {}", bytes / MIB),
            Output::Revoke(reason) => format!("revoke {reason:?}"),
            Output::ExtensionOver => {
                self.extended = false;
                "extension over".to_owned()
            }
            Output::End(end) => {
                // Here the guest goes, with all that it has not done.
                self.told.clear();
                self.orders.clear();
                self.extended = false;
                format!("end {end}")
            }
            _ => return,
        };
        self.became.push(word);
    }

    fn task_over(&mut self, task: usize) {
        let at = |tasks: &[usize]| tasks.iter().position(|of| *of == task);
        if let Some(place) = at(&self.waiting) {
            self.waiting.remove(place);
            let outputs = self.machine.run_withdrawn(self.now);
            self.decide(outputs);
        } else if let Some(place) = at(&self.entered) {
            self.entered.remove(place);
            let outputs = self.machine.run_ended(self.now);
            self.decide(outputs);
        }
    }
}
