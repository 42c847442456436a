//! What the host fell over again and again does not start again until somebody lets it.
//!
//! A start counts, in the store, for each registration of which something ran when its host fell
//! ([`RegistrationRecord::crashes`](dormouse_core::registration::RegistrationRecord::crashes)). Any of its runs that ends
//! sets that back. At so many in a row its firings are refused and what waits of it goes on waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::event::EventKind;
use dormouse_core::store::StoreError;

use crate::shared::{Known, Shared};

/// A host has started: tells what is in quarantine.
pub(crate) fn tell(shared: &Shared) {
    let ids = shared.state().quarantined.clone();
    for id in ids {
        let Some(known) = shared.state().registrations.get(id).cloned() else { continue };
        let Some(crashes) = known.quarantined(shared.config.quarantine_after) else { continue };
        let app = &known.registration.app;
        tracing::error!(%app, registration = %id, crashes, "in quarantine: the host fell again and again while it ran");
        shared.emit(id, || EventKind::Quarantined { crashes });
    }
}

/// A run of `known` ended: the host has not fallen over it this time. Costs a look where it never did.
pub(super) async fn forgive(shared: &Shared, known: &Known) {
    if known.crashes.load(Ordering::Acquire) == 0 {
        return;
    }
    let id = known.registration.id;
    match shared.store.forgive(id).await {
        Ok(()) => known.crashes.store(0, Ordering::Release),
        // The next run that ends says it again.
        Err(error) => tracing::warn!(registration = %id, %error, "crashes were not forgiven"),
    }
}

/// See [`Host::release`](crate::Host::release).
pub(crate) async fn release(shared: &Arc<Shared>, known: &Arc<Known>) -> Result<bool, StoreError> {
    let was_in_it = known.quarantined(shared.config.quarantine_after).is_some();
    if known.crashes.load(Ordering::Acquire) == 0 {
        return Ok(false);
    }
    let id = known.registration.id;
    shared.store.forgive(id).await?;
    known.crashes.store(0, Ordering::Release);
    if was_in_it {
        tracing::info!(app = %known.registration.app, registration = %id, "released from quarantine");
        shared.emit(id, || EventKind::Released);
        shared.state().registrations.arm(known, known.next_due());
        shared.wake.timer.notify_one();
        shared.wake.something_waits();
    }
    Ok(was_in_it)
}
