//! The store itself: commands to the writer, questions to the reader.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use dormouse_core::activation::{Claim, Lease};
use dormouse_core::app::AppRecord;
use dormouse_core::completion::{Completion, Cursor, RunRecord};
use dormouse_core::explain::RefusalRecord;
use dormouse_core::ids::{ActivationId, AppId, Fence, RegistrationId};
use dormouse_core::overlap::Refusal;
use dormouse_core::registration::RegistrationRecord;
use dormouse_core::store::{
    ActivationStore, AppStore, Counts, Enqueue, Enqueued, Finish, Finished, Journal, Reap, Reaped,
    RegistrationStore, Removed, RunFilter,
};
use dormouse_core::{Activation, StoreError, Timestamp};

use crate::errors::OpenError;
use crate::lock::DirectoryLock;
use crate::reader::Reader;
use crate::writer::{Stats, Writer};
use crate::{activations, apps, ledger, open, refusals, registrations};

/// The embedded store. See the [crate's page](crate).
///
/// Dropping it finishes what was asked of it, which may take as long as a commit, and lets the next one
/// open the directory. A process that ends without doing so loses nothing that was answered.
#[derive(Debug)]
pub struct SqliteStore {
    // In this order they are dropped: the writer's connection is the last one, and puts the log into the
    // file; then the directory is free.
    reader: Reader,
    writer: Writer,
    path: PathBuf,
    _lock: DirectoryLock,
}

impl SqliteStore {
    /// The name of the database in the state directory. SQLite keeps its log beside it, as
    /// `dormouse.db-wal` and `dormouse.db-shm`: copy all three, or none, while a host runs.
    pub const FILE_NAME: &str = "dormouse.db";

    /// Opens the store in the state directory `directory`, which is there and belongs to the host alone
    /// (mode 0700); makes it on the first time, and brings an older one up to date. Blocks: some
    /// milliseconds, more for a file of tens of megabytes or a migration.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is wrong with the directory or the file, and what to do. A file that is not
    /// this store's, or newer, or damaged, is left as it is.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(Self::FILE_NAME);
        let lock = DirectoryLock::take(directory)?;
        let (writer, reader) = open::open(&path)?;
        let failed = |error| OpenError::io(&path, error);
        Ok(Self {
            reader: Reader::start(reader, path.clone()).map_err(failed)?,
            writer: Writer::start(writer, path.clone()).map_err(failed)?,
            path,
            _lock: lock,
        })
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it has done since it was opened. Commands divided by commits is how much is shared.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.writer.stats()
    }
}

#[async_trait]
impl RegistrationStore for SqliteStore {
    async fn save_registration(&self, record: RegistrationRecord) -> Result<(), StoreError> {
        self.writer.run(move |tx| registrations::save(tx, &record)).await
    }

    async fn remove_registration(&self, id: RegistrationId, at: Timestamp) -> Result<Removed, StoreError> {
        self.writer.run(move |tx| registrations::remove(tx, id, at)).await
    }

    async fn registrations(&self) -> Result<Vec<RegistrationRecord>, StoreError> {
        self.reader.run(registrations::all).await
    }

    async fn advance_watermark(&self, id: RegistrationId, to: Timestamp) -> Result<(), StoreError> {
        self.writer.run(move |tx| registrations::advance(tx, id, to)).await
    }

    async fn note_refusal(
        &self,
        id: RegistrationId,
        reason: Refusal,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer.run(move |tx| refusals::note(tx, id, reason, at)).await
    }

    async fn refusals(&self, id: RegistrationId) -> Result<Vec<RefusalRecord>, StoreError> {
        self.reader.run(move |conn| refusals::of(conn, id)).await
    }
}

#[async_trait]
impl AppStore for SqliteStore {
    async fn save_app(&self, record: AppRecord) -> Result<(), StoreError> {
        self.writer.run(move |tx| apps::save(tx, &record)).await
    }

    async fn remove_app(&self, app: &AppId, at: Timestamp) -> Result<Removed, StoreError> {
        let app = app.clone();
        self.writer.run(move |tx| apps::remove(tx, &app, at)).await
    }

    async fn apps(&self) -> Result<Vec<AppRecord>, StoreError> {
        self.reader.run(apps::all).await
    }
}

#[async_trait]
impl ActivationStore for SqliteStore {
    async fn enqueue(&self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        self.writer.run(move |tx| activations::enqueue(tx, &ask)).await
    }

    async fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.reader.run(move |conn| activations::pending(conn, now, after, limit)).await
    }

    async fn next_backoff(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.reader.run(move |conn| activations::next_backoff(conn, now)).await
    }

    async fn claim(&self, id: ActivationId, claim: Claim) -> Result<Option<Lease>, StoreError> {
        self.writer.run(move |tx| activations::claim(tx, id, &claim)).await
    }

    async fn renew(
        &self,
        held: &[(ActivationId, Fence)],
        until: Timestamp,
    ) -> Result<Vec<ActivationId>, StoreError> {
        let held = held.to_vec();
        self.writer.run(move |tx| activations::renew(tx, &held, until)).await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        self.writer.run(move |tx| ledger::finish(tx, &finish)).await
    }

    async fn reap(&self, ask: Reap, now: Timestamp, limit: usize) -> Result<Vec<Reaped>, StoreError> {
        self.writer.run(move |tx| activations::reap(tx, ask, now, limit)).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, StoreError> {
        self.reader.run(move |conn| Ok(activations::find(conn, id)?.map(|(_, activation)| activation))).await
    }

    async fn waiting(
        &self,
        registration: RegistrationId,
        limit: usize,
    ) -> Result<Vec<Activation>, StoreError> {
        self.reader.run(move |conn| activations::waiting(conn, registration, limit)).await
    }

    async fn counts(&self, id: RegistrationId) -> Result<Counts, StoreError> {
        self.reader.run(move |conn| activations::counts(conn, id)).await
    }

    async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        self.reader.run(move |conn| ledger::runs(conn, filter, limit)).await
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn completions(&self, after: Cursor, limit: usize) -> Result<Vec<Completion>, StoreError> {
        self.reader.run(move |conn| ledger::completions(conn, after, limit)).await
    }

    async fn completion(&self, id: ActivationId) -> Result<Option<Completion>, StoreError> {
        self.reader.run(move |conn| ledger::find(conn, id)).await
    }

    async fn head(&self) -> Result<Cursor, StoreError> {
        self.reader.run(ledger::head).await
    }

    async fn cursor(&self, subscriber: &str) -> Result<Option<Cursor>, StoreError> {
        let subscriber = subscriber.to_owned();
        self.reader.run(move |conn| ledger::cursor(conn, &subscriber)).await
    }

    async fn commit_cursor(&self, subscriber: &str, cursor: Cursor) -> Result<(), StoreError> {
        let subscriber = subscriber.to_owned();
        self.writer.run(move |tx| ledger::commit_cursor(tx, &subscriber, cursor)).await
    }
}
