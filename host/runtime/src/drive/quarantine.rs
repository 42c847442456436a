//! What the host fell over again and again does not start again until somebody lets it.
//!
//! A start counts, in the store, for each registration of which something ran when its host fell
//! ([`RegistrationRecord::crashes`](dormouse_core::registration::RegistrationRecord::crashes)). Whatever of it was cut off is
//! a suspect, until a run of it ends by itself. The end of a run after which none is left sets the count back; that of
//! a run beside one does not, or what runs in parallel would clear the culprit each time. At so many in a row its firings
//! are refused and what waits of it goes on waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::ActivationId;
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

/// What waits of a registration is looked at so far, oldest first, for what was cut off: what ran is among the oldest.
const SUSPECTS_MAX: usize = 1024;

/// A host starts: of `known`, over which the one before fell, finds out what was cut off.
pub(crate) async fn suspect(shared: &Shared, known: &Known) -> Result<(), StoreError> {
    if known.going.crashes.load(Ordering::Acquire) > 0 {
        let waiting = shared.store.waiting(known.registration.id, SUSPECTS_MAX).await?;
        let cut_off = waiting.iter().filter(|activation| activation.interruptions > 0);
        known.suspects().extend(cut_off.map(|activation| activation.id));
    }
    Ok(())
}

/// A run of `activation` ended by itself: the host has not fallen over it this time. If no other of `known` is under
/// suspicion, its crashes are forgiven. Costs a look where there never were any.
pub(super) async fn forgive(shared: &Shared, known: &Known, activation: ActivationId) {
    if known.going.crashes.load(Ordering::Acquire) == 0 {
        return;
    }
    let cleared = {
        let mut suspects = known.suspects();
        suspects.remove(&activation);
        suspects.is_empty()
    };
    if !cleared {
        return;
    }
    let id = known.registration.id;
    match shared.store.forgive(id).await {
        Ok(()) => known.going.crashes.store(0, Ordering::Release),
        // The next run that ends says it again.
        Err(error) => tracing::warn!(registration = %id, %error, "crashes were not forgiven"),
    }
}

/// See [`Host::release`](crate::Host::release).
pub(crate) async fn release(shared: &Arc<Shared>, known: &Arc<Known>) -> Result<bool, StoreError> {
    let was_in_it = known.quarantined(shared.config.quarantine_after).is_some();
    if known.going.crashes.load(Ordering::Acquire) == 0 {
        return Ok(false);
    }
    let id = known.registration.id;
    shared.store.forgive(id).await?;
    known.going.crashes.store(0, Ordering::Release);
    known.suspects().clear();
    if was_in_it {
        tracing::info!(app = %known.registration.app, registration = %id, "released from quarantine");
        shared.emit(id, || EventKind::Released);
        shared.state().registrations.arm(known, known.next_due());
        shared.wake.timer.notify_one();
        shared.wake.something_waits();
    }
    Ok(was_in_it)
}
