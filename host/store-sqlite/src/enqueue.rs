//! Firings that come in.

use dormouse_core::Timestamp;
use dormouse_core::activation::{Claim, Firing};
use dormouse_core::overlap::{Decision, Refusal};
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::store::{COALESCED_KEYS_MAX, Counts, Enqueue, Enqueued, steps};
use rusqlite::params;

use crate::errors::Fault;
use crate::rows::{first, is_bare_request, limit, registration_bytes, whole_activation};
use crate::tx::Tx;
use crate::{activations, refusals, registrations};

pub(crate) fn enqueue(tx: &mut Tx<'_>, ask: &Enqueue) -> Result<Enqueued, Fault> {
    let answer = decide(tx, ask)?;
    if let Enqueued::Refused(reason) = answer {
        refusals::note(tx, ask.firing.registration, reason, ask.firing.fired_at)?;
    }
    Ok(answer)
}

fn decide(tx: &mut Tx<'_>, ask: &Enqueue) -> Result<Enqueued, Fault> {
    let Enqueue { firing, overlap, claim, watermark, spend } = ask;
    let registration = firing.registration;
    if let Some(watermark) = watermark {
        registrations::advance(tx, registration, *watermark)?;
    }
    // Of a fresh one nothing is there to be found.
    if !firing.is_fresh()
        && let Some(again) = said_before(tx, firing, claim.as_ref())?
    {
        if *spend {
            registrations::spend(tx, registration)?;
        }
        return Ok(again);
    }
    match tx.status(registration)? {
        None => return Ok(Enqueued::Refused(Refusal::NotRegistered)),
        Some(RegistrationStatus::Spent) => return Ok(Enqueued::Refused(Refusal::Spent)),
        Some(RegistrationStatus::Active) => {}
    }
    let Counts { waiting, running } = tx.counts(registration)?;
    let at_once = claim.filter(|_| waiting == 0 && running < overlap.runs_max());
    let answer = match overlap.decide(waiting, running) {
        Decision::Refuse(why) => return Ok(Enqueued::Refused(why)),
        Decision::Insert => insert(tx, firing, at_once)?,
        Decision::Coalesce => coalesce(tx, firing, false)?,
        Decision::Replace => coalesce(tx, firing, true)?,
    };
    if *spend {
        registrations::spend(tx, registration)?;
    }
    Ok(answer)
}

/// The answer to a firing that was taken in before.
fn said_before(tx: &Tx<'_>, firing: &Firing, claim: Option<&Claim>) -> Result<Option<Enqueued>, Fault> {
    let found = activations::by_key(tx.conn, firing.registration, &firing.key)?;
    Ok(found.map(|(_, activation)| {
        let again = claim.and_then(|claim| steps::lease_again(&activation, claim));
        again.map_or(Enqueued::Duplicate(activation.id), |lease| Enqueued::Claimed(Box::new(lease)))
    }))
}

fn insert(tx: &mut Tx<'_>, firing: &Firing, claim: Option<Claim>) -> Result<Enqueued, Fault> {
    let mut activation = firing.clone().into_activation();
    let lease = claim.and_then(|claim| activation.claim(&claim).ok());
    if let Err(fault) = activations::put(tx, &activation) {
        // It was not as fresh as it looked.
        let again = if firing.is_fresh() { said_before(tx, firing, claim.as_ref())? } else { None };
        return again.ok_or(fault);
    }
    Ok(match lease {
        Some(lease) => Enqueued::Claimed(Box::new(lease)),
        None => Enqueued::Waiting(Box::new(activation)),
    })
}

/// Counts a firing into the newest activation that waits.
fn coalesce(tx: &Tx<'_>, firing: &Firing, replace: bool) -> Result<Enqueued, Fault> {
    let registration = registration_bytes(&firing.registration);
    let newest = first(
        tx.conn.prepare_cached(activations::sql::NEWEST_WAITING)?.query([registration])?,
        whole_activation,
    )?;
    let Some((n, mut activation)) = newest else {
        return Err(Fault::corrupt("an activation that waits is not there"));
    };
    activation.coalesce(firing.clone(), replace).map_err(Fault::corrupt)?;
    let scheduled_for = activation.scheduled_for.map(Timestamp::as_micros);
    let requested = is_bare_request(&activation.details);
    let now = params![n, activation.coalesced, scheduled_for, requested];
    tx.conn.prepare_cached(activations::sql::COALESCE)?.execute(now)?;
    tx.conn.prepare_cached("delete from details where n = ?1")?.execute([n])?;
    activations::save_details(tx, n, &activation)?;

    let sql = "insert into coalesced_key (registration, key, n, place)
               values (?1, ?2, ?3, (select coalesce(max(place), 0) + 1 from coalesced_key where n = ?3))";
    tx.conn.prepare_cached(sql)?.execute(params![registration, firing.key, n])?;
    let sql = "delete from coalesced_key
               where n = ?1 and place <= (select max(place) from coalesced_key where n = ?1) - ?2";
    tx.conn.prepare_cached(sql)?.execute(params![n, limit(COALESCED_KEYS_MAX)])?;
    Ok(Enqueued::Coalesced(Box::new(activation)))
}
