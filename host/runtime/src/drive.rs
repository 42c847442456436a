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
//!     retain: what is over and old goes
//!     quota: what apps have used is kept   pressure: a run is given up when memory is short
//! ```

pub(crate) mod cell;
pub(crate) mod dispatch;
pub(crate) mod finish;
pub(crate) mod gate;
mod guest;
pub(crate) mod here;
mod in_process;
pub(crate) mod intake;
pub(crate) mod left;
pub(crate) mod of_app;
pub(crate) mod persist;
pub(crate) mod pressure;
pub(crate) mod publish;
pub(crate) mod quarantine;
pub(crate) mod quota;
pub(crate) mod reap;
pub(crate) mod renew;
pub(crate) mod retain;
pub(crate) mod run;
pub(crate) mod shutdown;
pub(crate) mod timer;
pub(crate) mod turn;

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;

use crate::shared::{NOBODY, Pulse, Pulses, Shared};

/// Spawns the loops of a host onto its control runtime. Each ends when the host stops.
pub(crate) fn start(shared: &Arc<Shared>) {
    spawn(shared, |pulses| &pulses.dispatch, dispatch::run(shared.clone()));
    spawn(shared, |pulses| &pulses.timer, timer::run(shared.clone()));
    spawn(shared, |pulses| &pulses.gate, gate::run(shared.clone()));
    spawn(shared, |pulses| &pulses.renew, renew::run(shared.clone()));
    spawn(shared, |pulses| &pulses.reap, reap::run(shared.clone()));
    spawn(shared, |pulses| &pulses.quota, quota::run(shared.clone()));
    spawn(shared, |pulses| &pulses.pressure, pressure::run(shared.clone()));
    if let Some(retention) = shared.config.retention {
        spawn(shared, |pulses| &pulses.retain, retain::run(shared.clone(), retention));
    }
}

fn spawn(shared: &Arc<Shared>, of: fn(&Pulses) -> &Pulse, looped: impl Future<Output = ()> + Send + 'static) {
    let mut stop = shared.wake.stop.subscribe();
    let shared = shared.clone();
    of(&shared.pulses).start();
    shared.control.clone().spawn(async move {
        let ended = tokio::select! {
            // An error is that the host is gone altogether.
            _ = stop.wait_for(|stopped| *stopped) => return,
            // What it leaves behind is what a panic under the host's mutex leaves: whole.
            ended = AssertUnwindSafe(looped).catch_unwind() => ended,
        };
        let why = ended.err().map_or_else(|| "it returned".to_owned(), |panic| said(&*panic));
        let pulse = of(&shared.pulses);
        let part = pulse.name();
        tracing::error!(node = %shared.config.node, part, why, "a loop of the host ended; start the host again");
        pulse.die(why.clone());
        shared.fault(NOBODY, true, || {
            format!("the loop `{part}` of the host ended: {why}; start the host again")
        });
    });
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
