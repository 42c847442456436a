//! Where all that is known is kept, and whoever wants to know of changes is told.

use std::sync::{Mutex, MutexGuard, PoisonError};

use dormouse_core::provider::{ChangeNotice, SignalSink};
use dormouse_core::{Signal, SystemEvent};
use tokio::sync::{Notify, watch};

use crate::answers::{Answers, Facts};
use crate::edges::Edges;
use crate::report::{Found, Report, Source};
use crate::time_zone::Told;

/// The one place that those who follow facts write to.
///
/// Answers are made when facts change, so that asking copies a few words under a lock.
#[derive(Default)]
pub(crate) struct Board {
    state: Mutex<State>,
    notices: Mutex<Vec<ChangeNotice>>,
    sinks: Mutex<Vec<SignalSink>>,
    /// True once all sources were looked for.
    ready: watch::Sender<bool>,
    /// Wakes [`crate::settle`].
    pub(crate) network_changed: Notify,
}

#[derive(Default)]
struct State {
    facts: Facts,
    answers: Answers,
    edges: Edges,
    report: Report,
}

impl Board {
    pub(crate) fn answers(&self) -> Answers {
        lock(&self.state).answers
    }

    pub(crate) fn report(&self) -> Report {
        lock(&self.state).report.clone()
    }

    pub(crate) fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// What timedated tells of local time, and each of its notices.
    pub(crate) fn told(&self) -> watch::Receiver<Told> {
        lock(&self.state).facts.told.subscribe()
    }

    pub(crate) fn subscribe(&self, notice: ChangeNotice) {
        lock(&self.notices).push(notice);
    }

    pub(crate) fn raise_into(&self, sink: SignalSink) {
        lock(&self.sinks).push(sink);
    }

    /// Changes what is known, and tells whatever follows: first the new answers, then the events.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Facts)) {
        let mut state = lock(&self.state);
        let State { facts, answers, edges, .. } = &mut *state;
        change(facts);
        let before = std::mem::replace(answers, facts.answers());
        let changed = before != *answers;
        let seen = edges.observe(facts, answers);
        drop(state);
        if changed {
            for notice in lock(&self.notices).iter() {
                notice();
            }
        }
        // What is found while looking for the first time was so before: nothing happened.
        if !*self.ready.borrow() {
            return;
        }
        if seen.network {
            self.network_changed.notify_one();
        }
        self.raise(&seen.events);
    }

    /// The network is quiet again.
    pub(crate) fn network_settled(&self) {
        let events = {
            let State { answers, edges, .. } = &mut *lock(&self.state);
            edges.settled(answers)
        };
        self.raise(&events);
    }

    /// Raises `events`, with no lock held that an answer needs.
    pub(crate) fn raise(&self, events: &[SystemEvent]) {
        for event in events {
            tracing::debug!(%event, "system event");
            for sink in lock(&self.sinks).iter() {
                sink(Signal::System(*event));
            }
        }
    }

    /// Keeps what became of looking for `source`, and logs it once.
    pub(crate) fn found(&self, source: Source, found: Found) {
        let mut state = lock(&self.state);
        if !state.report.set(source, found.clone()) {
            return;
        }
        let State { answers, edges, report, .. } = &mut *state;
        let ready = report.is_complete() && !*self.ready.borrow();
        if ready {
            // The network that was found is the one that later ones are compared with.
            let _at_the_start = edges.settled(answers);
        }
        drop(state);
        tracing::info!(%source, %found, "system source");
        if ready {
            self.ready.send_replace(true);
        }
    }
}

/// A panic while a lock is held leaves nothing half done, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::power::{Battery, Supply};

    fn supply(charge: u8, battery: Battery) -> Option<Supply> {
        Some(Supply { external: true, battery, charge: Some(charge) })
    }

    fn heard(board: &Board) -> Arc<Mutex<Vec<Signal>>> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = heard.clone();
        board.raise_into(Arc::new(move |signal| lock(&into).push(signal)));
        heard
    }

    fn look_for_all(board: &Board) {
        for source in Source::ALL {
            board.found(source, Found::absent("a test"));
        }
    }

    #[test]
    fn every_change_of_an_answer_is_noticed_and_nothing_else_is() {
        let board = Arc::new(Board::default());
        let noticed = Arc::new(AtomicUsize::new(0));
        let (asked, count) = (board.clone(), noticed.clone());
        board.subscribe(Box::new(move || {
            // A notice may ask at once.
            assert_ne!(asked.answers(), Answers::default());
            count.fetch_add(1, Ordering::Relaxed);
        }));
        board.update(|facts| facts.power.upower = supply(50, Battery::Idle));
        assert_eq!(noticed.load(Ordering::Relaxed), 1);
        board.update(|facts| facts.power.upower = supply(50, Battery::Charging));
        assert_eq!(noticed.load(Ordering::Relaxed), 1, "no answer depends on that");
        board.update(|facts| facts.power.upower = supply(49, Battery::Charging));
        assert_eq!(noticed.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_is_found_before_all_was_looked_for_is_no_event() {
        let board = Board::default();
        let heard = heard(&board);
        board.update(|facts| facts.power.class = supply(50, Battery::Idle));
        board.update(|facts| facts.power.upower = supply(50, Battery::Charging));
        assert!(!*board.ready().borrow());
        look_for_all(&board);
        assert!(*board.ready().borrow());
        assert_eq!(*lock(&heard), []);
        board.update(|facts| facts.power.upower = supply(50, Battery::Discharging));
        assert_eq!(*lock(&heard), [Signal::System(SystemEvent::PowerStateChange)]);
    }
}
