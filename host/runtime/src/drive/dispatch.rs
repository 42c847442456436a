//! What waits is started when it may be: conditions, order, admission, claim.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_core::activation::Claim;
use dormouse_core::admission::{Admission, Shortage};
use dormouse_core::condition::{Blocking, Judgement};
use dormouse_core::event::EventKind;
use dormouse_core::order::order;
use dormouse_core::store::StoreError;
use dormouse_core::{Activation, ActivationId, RunId, Timestamp};

use super::run;
use crate::shared::{Known, Permit, Shared};

/// Activations looked at in one go. Bounds what a scan holds in memory and how stale its order can be.
const PAGE: usize = 256;

/// Without any wake-up, everything that waits is looked at this often: what a lost wake-up left is mended.
const SLOW_SCAN: Duration = Duration::from_secs(60);

/// After a store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);

/// Why an activation was left waiting when it was last looked at; an event is told when this changes.
#[derive(Clone, PartialEq)]
enum Left {
    Latched(Vec<Blocking>),
    Short(Shortage),
}

/// The loop.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut left: HashMap<ActivationId, Left> = HashMap::new();
    loop {
        // Cleared before the look: a firing that comes during it sets it again.
        shared.wake.backlog.store(false, Ordering::Release);
        let wait = match scan(&shared, &mut left).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "the store did not list what waits; looking again soon");
                shared.wake.backlog.store(true, Ordering::Release);
                STORE_AWAY
            }
        };
        let deadline = shared.clock.now() + wait;
        tokio::select! {
            () = shared.wake.dispatch.notified() => {}
            () = shared.clock.sleep_until(deadline) => {}
        }
    }
}

/// Looks at everything that waits, and starts what may start. Answers how long until the next look.
async fn scan(shared: &Arc<Shared>, left: &mut HashMap<ActivationId, Left>) -> Result<Duration, StoreError> {
    let now = shared.clock.wall();
    let mut after = None;
    let mut waits = false;
    let mut seen = HashMap::new();
    loop {
        let mut page = shared.store.pending(now, after, PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|a| (a.fired_at, a.id));
        let chosen = choose(shared, &mut page, now, left, &mut seen);
        waits |= !seen.is_empty();
        claim(shared, chosen, now).await?;
        let no_slot = {
            let state = shared.state();
            state.host_runs >= shared.config.slots
        };
        if !full || no_slot {
            if no_slot && full {
                waits = true;
            }
            break;
        }
    }
    *left = seen;
    if waits {
        shared.wake.backlog.store(true, Ordering::Release);
    }
    let next = shared.store.next_backoff(now).await?;
    Ok(next.map_or(SLOW_SCAN, |at| at.since(now).min(SLOW_SCAN)))
}

type Chosen = (ActivationId, Arc<Known>, Permit);

/// Judges and admits one page, in order. What is chosen holds its slots already.
fn choose(
    shared: &Arc<Shared>,
    page: &mut [Activation],
    now: Timestamp,
    left: &HashMap<ActivationId, Left>,
    seen: &mut HashMap<ActivationId, Left>,
) -> Vec<Chosen> {
    let mut chosen = Vec::new();
    let mut news = Vec::new();
    {
        let mut state = shared.state();
        if state.stopping {
            return chosen;
        }
        order(page, |app| state.app_runs.get(app).copied().unwrap_or(0));
        for activation in &*page {
            // Not known here: registered by another node, or its app is not installed yet. It waits.
            let Some(known) = state.registrations.get(&activation.registration).cloned() else { continue };
            if !state.apps.contains_key(&activation.app) {
                continue;
            }
            let why = match shared.judge(&known.registration) {
                Judgement::Latch { blocking } => Left::Latched(blocking),
                Judgement::Start => match shared.reserve(&mut state, &known, now, activation.not_before) {
                    Ok(permit) => {
                        chosen.push((activation.id, known, permit));
                        continue;
                    }
                    Err(Admission::Wait { why, .. }) => Left::Short(why),
                    Err(Admission::Run) => continue,
                },
            };
            if left.get(&activation.id) != Some(&why) {
                news.push((activation.registration, activation.id, why.clone()));
            }
            seen.insert(activation.id, why);
        }
    }
    for (registration, activation, why) in news {
        shared.emit(registration, || match why {
            Left::Latched(blocking) => EventKind::Latched { activation, blocking },
            Left::Short(shortage) => EventKind::Waiting { activation, shortage },
        });
    }
    chosen
}

/// Claims all that were chosen at once, so that a store can make one commit of them.
async fn claim(shared: &Arc<Shared>, chosen: Vec<Chosen>, now: Timestamp) -> Result<(), StoreError> {
    let claims = chosen.into_iter().map(|(id, known, permit)| async move {
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
        }
        Ok(())
    });
    futures::future::try_join_all(claims).await.map(|_: Vec<()>| ())
}
