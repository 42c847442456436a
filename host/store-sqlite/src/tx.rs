//! What a command works on.

use std::collections::HashMap;

use dormouse_core::Activation;
use dormouse_core::ids::{ActivationId, AppId, RegistrationId};
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::settings::SettingsSum;
use dormouse_core::store::Counts;
use rusqlite::Connection;

use crate::errors::Fault;
use crate::{activations, ledger, registrations, settings};

/// What the writer knows without asking the file: read once, then kept along. It is the only writer, so it stays
/// true until a rollback, which forgets it.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// How many activations of a registration wait and run.
    pub(crate) counts: HashMap<RegistrationId, Counts>,
    /// Whether registrations that fired are spent.
    pub(crate) statuses: HashMap<RegistrationId, RegistrationStatus>,
    /// Activations that run, without details, and their rows: each will be asked for at its end.
    pub(crate) running: HashMap<ActivationId, (i64, Activation)>,
    /// The place of the newest run, kept or not.
    pub(crate) last_place: Option<i64>,
    /// How much apps keep as settings.
    pub(crate) settings: HashMap<AppId, SettingsSum>,
}

/// A transaction.
pub(crate) struct Tx<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) cache: &'a mut Cache,
}

impl Tx<'_> {
    pub(crate) fn counts(&mut self, id: RegistrationId) -> Result<Counts, Fault> {
        if let Some(counts) = self.cache.counts.get(&id) {
            return Ok(*counts);
        }
        let counts = activations::counts(self.conn, id)?;
        self.cache.counts.insert(id, counts);
        Ok(counts)
    }

    /// The status of a registration; none if there is none.
    pub(crate) fn status(&mut self, id: RegistrationId) -> Result<Option<RegistrationStatus>, Fault> {
        if let Some(status) = self.cache.statuses.get(&id) {
            return Ok(Some(*status));
        }
        let status = registrations::find(self.conn, id)?;
        if let Some(status) = status {
            self.cache.statuses.insert(id, status);
        }
        Ok(status)
    }

    pub(crate) fn settings(&self, app: &AppId) -> Result<SettingsSum, Fault> {
        match self.cache.settings.get(app) {
            Some(sum) => Ok(*sum),
            None => settings::sum(self.conn, app),
        }
    }

    /// The place of the next run. None is given twice, whatever was let go of: subscribers count on it.
    pub(crate) fn next_place(&mut self) -> Result<i64, Fault> {
        let last = match self.cache.last_place {
            Some(last) => last,
            None => ledger::last_place(self.conn)?,
        };
        let next = last.checked_add(1).ok_or_else(|| Fault::corrupt("there is no place left for a run"))?;
        self.cache.last_place = Some(next);
        Ok(next)
    }
}
