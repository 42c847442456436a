//! Who runs what, and for how long.

use std::collections::BTreeSet;

use dormouse_core::Timestamp;
use dormouse_core::activation::{ActivationState, Claim, Lease};
use dormouse_core::ids::{ActivationId, Fence};
use dormouse_core::store::{Reap, Reaped, steps};
use rusqlite::params;

use crate::activations::{self, Standing};
use crate::errors::Fault;
use crate::rows::{collect, limit, node_bytes, whole_activation};
use crate::tx::Tx;
use crate::{ledger, registrations};

/// The query whose plan is tested.
pub(crate) mod sql {
    use crate::rows::whole_activations;

    pub(crate) const REAP: &str = whole_activations!(
        "indexed by activation_running",
        "a.state = 1 and (a.until < ?1 or a.node = ?2) order by a.until, a.id limit ?3"
    );
}

pub(crate) fn claim(tx: &mut Tx<'_>, id: ActivationId, claim: &Claim) -> Result<Option<Lease>, Fault> {
    let Some((n, mut activation)) = activations::find(tx.conn, id)? else { return Ok(None) };
    if let Some(lease) = steps::lease_again(&activation, claim) {
        return Ok(Some(lease));
    }
    let was = Standing::of(&activation.state);
    let Ok(lease) = activation.claim(claim) else { return Ok(None) };
    activations::step(tx, n, was, &activation)?;
    Ok(Some(lease))
}

pub(crate) fn renew(
    tx: &mut Tx<'_>,
    held: &[(ActivationId, Fence)],
    until: Timestamp,
) -> Result<Vec<ActivationId>, Fault> {
    let mut lost = Vec::new();
    for (id, fence) in held {
        let renewed = activations::take_running(tx, *id)?
            .and_then(|(n, mut activation)| activation.renew(*fence, until).ok().map(|()| (n, activation)));
        match renewed {
            Some((n, activation)) => activations::update(tx, n, &activation)?,
            None => lost.push(*id),
        }
    }
    Ok(lost)
}

pub(crate) fn reap(tx: &mut Tx<'_>, ask: Reap, now: Timestamp, count: usize) -> Result<Vec<Reaped>, Fault> {
    let node = ask.node.as_ref().map(node_bytes);
    let found = collect(
        tx.conn.prepare_cached(sql::REAP)?.query(params![
            ask.ended_before.as_micros(),
            node,
            limit(count)
        ])?,
        whole_activation,
    )?;
    let mut reaped = Vec::with_capacity(found.len());
    let mut fell = BTreeSet::new();
    for (n, activation) in found {
        let registration = activation.registration;
        let registered = tx.status(registration)?.is_some();
        let was = Standing::of(&activation.state);
        if let ActivationState::Running(running) = &activation.state
            && steps::is_crash(&ask, running.node)
            && fell.insert(registration)
        {
            registrations::count_crash(tx, registration)?;
        }
        let one = steps::interrupt(activation, registered, now).map_err(Fault::corrupt)?;
        activations::step(tx, n, was, &one.activation)?;
        let coalesced = (!registered).then_some(one.activation.coalesced);
        ledger::record(tx, &one.run, coalesced, false)?;
        reaped.push(one);
    }
    Ok(reaped)
}
