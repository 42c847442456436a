//! What waits is started when it may be: conditions, order, admission, claim.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::activation::Claim;
use dormouse_core::admission::Admission;
use dormouse_core::condition::{Judgement, TimeWindow};
use dormouse_core::event::EventKind;
use dormouse_core::order::order;
use dormouse_core::store::StoreError;
use dormouse_core::{Activation, ActivationId, Condition, Instant, RunId, Timestamp};

use super::left::Reason;
use super::{gate, run};
use crate::shared::{Known, Permit, Shared};

/// Activations looked at in one go. Bounds what a scan holds in memory and how stale its order can be.
const PAGE: usize = 256;

/// Without any wake-up, everything that waits is looked at this often: what a lost wake-up left is mended.
const SLOW_SCAN: Duration = Duration::from_secs(60);

/// After a store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);

/// Pages looked at for one wake-up. What one app has waiting can be a hundred thousand activations, and the
/// end of each of its runs wakes the loop: looking at all of them each time would be the host's whole work.
const PAGES: usize = 8;

/// Between two looks at what lies behind those pages, while there is anything.
const SWEEP_EVERY: Duration = Duration::from_millis(50);

/// What the loop remembers from one look to the next. Why what waits was left is in the
/// [`State`](crate::shared::State), for who asks.
#[derive(Default)]
struct Scan {
    sweep: u64,
    /// Time windows that held something back, of this look.
    windows: HashSet<TimeWindow>,
    /// When the first of those that hold something back may open.
    opens: Option<Timestamp>,
    /// Where the sweep over everything goes on; at the beginning if none.
    resume: Option<(Timestamp, ActivationId)>,
    /// When it does, if there is anything to go on with. It stays what it is however often the loop is woken: under load
    /// that is more often than this comes, and nothing would ever be looked at but the oldest.
    resume_at: Option<Instant>,
}

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut scan = Scan::default();
    let mut woken = true;
    loop {
        // Set for the time of the look: a run that ends after it was judged to be in the way must wake the
        // loop again. Cleared only when nothing waits. A firing that comes in between is not lost by that: it
        // leaves a notification, and the next look sets this again before it judges.
        shared.wake.backlog.store(true, Ordering::SeqCst);
        let wait = match scan.looks(&shared, woken).await {
            Ok((wait, left)) => {
                if !left {
                    shared.wake.backlog.store(false, Ordering::SeqCst);
                }
                wait
            }
            Err(error) => {
                tracing::error!(%error, "the store did not list what waits; looking again soon");
                STORE_AWAY
            }
        };
        let deadline = shared.clock.now() + wait;
        let wakes = async {
            tokio::select! {
                () = shared.wake.dispatch.notified() => true,
                () = shared.clock.sleep_until(deadline) => false,
            }
        };
        woken = shared.pulses.dispatch.rest(wakes).await;
    }
}

impl Scan {
    /// Woken: the oldest first, and where the sweep was left when its time has come. Not woken: that alone.
    async fn looks(&mut self, shared: &Arc<Shared>, woken: bool) -> Result<(Duration, bool), StoreError> {
        let mut left = false;
        if woken {
            let looked = self.look(shared, false).await?;
            if self.resume_at.is_none_or(|at| shared.clock.now() < at) {
                return Ok(looked);
            }
            left = looked.1;
        }
        let (wait, left_some) = self.look(shared, true).await?;
        Ok((wait, left || left_some))
    }

    /// Looks at some of what waits, and starts what may start. Answers how long until the next look, and
    /// whether anything was left.
    async fn look(&mut self, shared: &Arc<Shared>, sweeping: bool) -> Result<(Duration, bool), StoreError> {
        let now = shared.clock.wall();
        if self.opens.is_some_and(|at| at <= now) {
            // What it held back may lie anywhere: from the beginning.
            (self.opens, self.resume) = (None, None);
        }
        let mut after = if sweeping { self.resume } else { None };
        let from_the_beginning = after.is_none();
        let mut left_some = false;
        let mut reached_end = false;
        let mut no_slot = false;
        for _ in 0..PAGES {
            let mut page = shared.store.pending(now, after, PAGE).await?;
            shared.pulses.dispatch.turn();
            reached_end = page.len() < PAGE;
            after = page.last().map(|a| (a.fired_at, a.id)).or(after);
            let (chosen, some) = self.choose(shared, &mut page, now);
            left_some |= some;
            tracing::trace!(looked_at = page.len(), chosen = chosen.len(), "looked at what waits");
            claim(shared, chosen, now).await?;
            no_slot = shared.state().host_runs >= shared.config.slots;
            if reached_end || no_slot {
                break;
            }
        }
        if reached_end {
            // A whole sweep: what it did not see has gone.
            let (sweep, resume) = (self.sweep, self.resume.take());
            if sweeping || resume.is_none() {
                shared.state().left.keep_of(sweep);
                self.sweep += 1;
            }
        } else if !no_slot && (sweeping || self.resume.is_none()) {
            self.resume = after;
        }
        let next = shared.store.next_backoff(now).await?;
        let opens = self.windows.drain().filter_map(|window| window.next_change(now)).min();
        self.opens = match self.opens {
            // Not all was looked at: what is not known anew is as it was.
            Some(before) if !(from_the_beginning && reached_end) => {
                Some(opens.map_or(before, |at| at.min(before)))
            }
            _ => opens,
        };
        let next = next.into_iter().chain(self.opens).min();
        let wait = next.map_or(SLOW_SCAN, |at| at.since(now).min(SLOW_SCAN));
        let at = shared.clock.now();
        let before = self.resume_at.filter(|_| !sweeping);
        self.resume_at = self.resume.map(|_| before.unwrap_or(at + SWEEP_EVERY));
        // Without a slot there is nothing to sweep for: the end of any run wakes the loop.
        let sweep = self.resume_at.filter(|_| !no_slot);
        let wait = sweep.map_or(wait, |sweep| wait.min(sweep.since(at)));
        Ok((wait, left_some || !reached_end))
    }

    /// Judges and admits one page, in order. What is chosen holds its slots already. Answers also whether
    /// anything was left.
    fn choose(
        &mut self,
        shared: &Arc<Shared>,
        page: &mut [Activation],
        now: Timestamp,
    ) -> (Vec<Chosen>, bool) {
        let mut chosen = Vec::new();
        let mut news = Vec::new();
        let changes = shared.wake.changes();
        let mut left_some = false;
        {
            let mut state = shared.state();
            if state.stopping {
                return (chosen, false);
            }
            order(page, |app| state.app_runs.get(app).copied().unwrap_or(0));
            for activation in &*page {
                // Not known here: registered by another node, or its app is not installed yet. It waits.
                let Some(known) = state.registrations.get(activation.registration).cloned() else {
                    continue;
                };
                if !state.apps.contains_key(&activation.app) {
                    continue;
                }
                let access = shared.access(&state, &activation.app);
                if access.refusal().is_some() {
                    continue;
                }
                // Nothing but its release changes that, and wakes the loop.
                if known.quarantined(shared.config.quarantine_after).is_some() {
                    continue;
                }
                let why = match shared.judge(&known.registration, access) {
                    Judgement::Latch { blocking } => {
                        for blocking in &blocking {
                            if let Condition::TimeWindow(window) = &blocking.condition
                                && !self.windows.contains(window)
                            {
                                self.windows.insert(window.clone());
                            }
                        }
                        Reason::Latched(blocking)
                    }
                    Judgement::Start => {
                        match shared.reserve(&mut state, &known, now, activation.earliest(now)) {
                            Ok(permit) => {
                                state.left.remove(activation.id);
                                chosen.push(Chosen { id: activation.id, known, permit, changes });
                                continue;
                            }
                            Err(Admission::Wait { why, .. }) => Reason::Short(why),
                            Err(Admission::Run) => continue,
                        }
                    }
                };
                left_some = true;
                if state.left.note(activation.id, &why, now, self.sweep) {
                    news.push((activation.registration, activation.id, why));
                }
            }
        }
        for (registration, activation, why) in news {
            shared.emit(registration, || match why {
                Reason::Latched(blocking) => EventKind::Latched { activation, blocking },
                Reason::Short(shortage) => EventKind::Waiting { activation, shortage },
            });
        }
        (chosen, left_some)
    }
}

/// What is started now, with its slots.
struct Chosen {
    id: ActivationId,
    known: Arc<Known>,
    permit: Permit,
    /// How often conditions had changed when they were judged.
    changes: u64,
}

/// Claims all that were chosen at once, so that a store can make one commit of them.
async fn claim(shared: &Arc<Shared>, chosen: Vec<Chosen>, now: Timestamp) -> Result<(), StoreError> {
    let claims = chosen.into_iter().map(|Chosen { id, known, permit, changes }| async move {
        let claim = Claim {
            run: RunId::from_uuid(shared.ids.fresh()),
            node: shared.config.node,
            at: now,
            until: now + shared.config.lease,
        };
        let lease = shared.store.claim(id, claim).await?;
        // None: it was withdrawn, or another node was faster. The permit goes back.
        if let Some(lease) = lease {
            run::start(shared, &known, lease, permit);
            gate::started(shared, &known, changes);
        }
        Ok(())
    });
    futures::future::try_join_all(claims).await.map(|_: Vec<()>| ())
}
