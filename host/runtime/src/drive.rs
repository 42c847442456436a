//! The way a trigger flows, one station per file. Only files in here spawn.
//!
//! ```text
//!  signal, request, change, time
//!        │
//!        ▼                      nothing waits, slots free: claimed in the same commit
//!     intake, timer ── enqueue ──────────────────────────────────────────────┐
//!        │ waits                                                             │
//!        ▼                                                                   ▼
//!     dispatch: conditions, order, admission ── claim ──────────────────────► run ── finish ──► publish
//!        ▲                                                                   ▲
//!        └── a run ended, conditions changed, a backoff is over, a slow scan │
//!     reap: leases that ended, on start all of this node                     └── renew, at a third
//! ```

pub(crate) mod cell;
pub(crate) mod dispatch;
pub(crate) mod gate;
pub(crate) mod intake;
pub(crate) mod persist;
pub(crate) mod publish;
pub(crate) mod reap;
pub(crate) mod renew;
pub(crate) mod run;
pub(crate) mod shutdown;
pub(crate) mod timer;

use std::future::Future;
use std::sync::Arc;

use crate::shared::Shared;

/// Spawns the loops of a host onto its control runtime. Each ends when the host stops.
pub(crate) fn start(shared: &Arc<Shared>) {
    spawn(shared, dispatch::run(shared.clone()));
    spawn(shared, timer::run(shared.clone()));
    spawn(shared, gate::run(shared.clone()));
    spawn(shared, renew::run(shared.clone()));
    spawn(shared, reap::run(shared.clone()));
}

fn spawn(shared: &Arc<Shared>, looped: impl Future<Output = ()> + Send + 'static) {
    let mut stop = shared.wake.stop.subscribe();
    shared.control.spawn(async move {
        tokio::select! {
            // An error is that the host is gone altogether.
            _ = stop.wait_for(|stopped| *stopped) => {}
            () = looped => {}
        }
    });
}
