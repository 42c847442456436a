//! The store itself: what it consists of, and how it is opened.

use std::path::Path;
use std::sync::Arc;

use dormouse_core::StoreError;
use rusqlite::Connection;

use crate::errors::{Fault, OpenError};
use crate::lock::DirectoryLock;
use crate::open::{self, Connections, Synchronous};
use crate::read_only::{View, log_len};
use crate::reader::Reader;
use crate::stations::Kind;
use crate::stats::{Counters, Stats};
use crate::tx::Tx;
use crate::writer::Writer;

/// The embedded store. See the [crate's page](crate).
///
/// Dropping it finishes what was asked of it, which may take as long as a commit, and lets the next one
/// open the directory. A process that ends without doing so loses nothing that was answered.
#[derive(Debug)]
pub struct SqliteStore {
    // In this order they are dropped: the writer's connection is the last one, and puts the log into the
    // file; then the directory is free.
    reader: Reader,
    /// For what may take longer, so that a list keeps no look-up waiting.
    lists: Option<Reader>,
    writer: Option<Writer>,
    path: Arc<Path>,
    _lock: Option<DirectoryLock>,
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
        Self::open_with(directory, Synchronous::Full)
    }

    /// As [`SqliteStore::open`], with a choice of what is answered when.
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`].
    pub fn open_with(directory: &Path, synchronous: Synchronous) -> Result<Self, OpenError> {
        let path: Arc<Path> = directory.join(Self::FILE_NAME).into();
        let lock = DirectoryLock::take(directory)?;
        let Connections { writer, reader, lists } = open::open(&path, synchronous)?;
        let failed = |error| OpenError::io(&path, error);
        let read = |conn| Reader::start(View::of_own(conn, Arc::clone(&path)), Arc::clone(&path));
        Ok(Self {
            reader: read(reader).map_err(failed)?,
            lists: Some(read(lists).map_err(failed)?),
            writer: Some(Writer::start(writer, Arc::clone(&path)).map_err(failed)?),
            path: Arc::clone(&path),
            _lock: Some(lock),
        })
    }

    /// Opens the store in `directory` to look at it, whether another process has it or not: takes no lock, makes no
    /// file, and works where nothing can be written. It sees what is committed when it is asked. What would write
    /// is answered with [`StoreError::Unavailable`].
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is wrong. An older store is refused with [`OpenError::Older`], and none is made with
    /// [`OpenError::Missing`].
    pub fn open_read_only(directory: &Path) -> Result<Self, OpenError> {
        let path: Arc<Path> = directory.join(Self::FILE_NAME).into();
        let view = View::open(Arc::clone(&path))?;
        let reader = Reader::start(view, Arc::clone(&path)).map_err(|error| OpenError::io(&path, error))?;
        Ok(Self { reader, lists: None, writer: None, path, _lock: None })
    }

    /// The database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it has done since it was opened. Commands divided by commits is how much is shared.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.writer.as_ref().map(|writer| writer.counters().stats()).unwrap_or_default()
    }

    /// The length of the database, in bytes, as it is now; 0 if that cannot be told.
    #[must_use]
    pub fn database_len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// The length of its log, in bytes, as it is now; 0 if there is none. It is written over from its beginning, so
    /// its length is the most that it held.
    #[must_use]
    pub fn wal_len(&self) -> u64 {
        log_len(&self.path)
    }

    /// A command: answered once it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        kind: Kind,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer()?.run(kind, work).await
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.writer.as_ref().ok_or_else(|| StoreError::Unavailable("opened for reading only".to_owned()))
    }

    pub(crate) fn counters(&self) -> Result<&Counters, StoreError> {
        self.writer().map(Writer::counters)
    }

    /// A look-up.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reader.run(read).await
    }

    /// A list, or whatever else may take longer.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        read: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.lists.as_ref().unwrap_or(&self.reader).run(read).await
    }
}
