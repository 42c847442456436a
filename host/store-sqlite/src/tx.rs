//! What a command works on.

use std::collections::HashMap;

use dormouse_core::ids::{AppId, RegistrationId};
use dormouse_core::settings::SettingsSum;
use dormouse_core::store::Counts;
use rusqlite::Connection;

use crate::errors::Fault;
use crate::{activations, ledger, settings};

/// What the writer knows without asking the file: read once, then kept along. It is the only writer, so it stays
/// true until a rollback, which forgets it.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// How many activations of a registration wait and run.
    pub(crate) counts: HashMap<RegistrationId, Counts>,
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
