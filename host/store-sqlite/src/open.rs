//! From a path to connections: looks before it writes.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::errors::OpenError;
use crate::schema;

/// Up to this length a file is checked as a whole before it is used: some 100 ms. A larger one is checked
/// where it is read.
const CHECK_LEN_MAX: u64 = 32 * 1024 * 1024;

/// Prepared statements kept for each connection: more than there are in this crate.
const STATEMENTS: usize = 96;

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// When the disk has it: what was answered outlives a power loss.
    #[default]
    Full,
    /// When the operating system has it: what was answered outlives the process, however that ends, and of what was
    /// answered in the seconds before a power loss the newest may be gone. The file stays whole.
    Normal,
}

impl Synchronous {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// A connection to write with, and others to read with.
pub(crate) struct Connections {
    pub(crate) writer: Connection,
    pub(crate) reader: Connection,
    pub(crate) lists: Connection,
}

pub(crate) fn open(path: &Path, synchronous: Synchronous) -> Result<Connections, OpenError> {
    let failed = |error| OpenError::sqlite(path, error);
    let len = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make_private(path).map_err(|error| OpenError::io(path, error))?;
            0
        }
        Err(error) => return Err(OpenError::io(path, error)),
    };
    if len > 0 {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
        conn.busy_timeout(BUSY).map_err(failed)?;
        inspect(&conn, path, len)?;
    }
    let mut writer = connect(path, synchronous).map_err(failed)?;
    let found = schema::migrate(&mut writer).map_err(failed)?;
    if found != schema::VERSION {
        tracing::info!(path = %path.display(), found, now = schema::VERSION, "the schema was brought up to date");
    }
    let reader = || {
        let conn = connect(path, synchronous)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(conn)
    };
    Ok(Connections { reader: reader().map_err(failed)?, lists: reader().map_err(failed)?, writer })
}

/// Makes the file, for its owner alone: arguments, results and secrets are in it. SQLite gives its log the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Reads who made the file and whether it is whole, through a connection that cannot write: what is
/// another's stays as it is. Answers the version of its schema.
pub(crate) fn inspect(conn: &Connection, path: &Path, len: u64) -> Result<i32, OpenError> {
    let failed = |error| OpenError::sqlite(path, error);
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(failed);
    let (application_id, found) = (number("application_id")?, number("user_version")?);
    let tables: u32 =
        conn.query_row("select count(*) from sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let is_empty = application_id == 0 && found == 0 && tables == 0;
    if application_id != schema::APPLICATION_ID && !is_empty {
        return Err(OpenError::Foreign { path: path.to_owned(), application_id });
    }
    if found > schema::VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: schema::VERSION });
    }
    if len <= CHECK_LEN_MAX {
        let detail: String =
            conn.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(failed)?;
        if detail != "ok" {
            return Err(OpenError::Corrupt { path: path.to_owned(), detail: one_line(&detail) });
        }
    }
    Ok(found)
}

fn one_line(detail: &str) -> String {
    detail.lines().map(|line| line.trim_matches(['*', ' '])).collect::<Vec<_>>().join(" ")
}

pub(crate) const BUSY: Duration = Duration::from_secs(5);

fn connect(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", synchronous.as_str())?;
    // The default of 1000 pages halves throughput at the 99th percentile: a checkpoint runs inside a commit.
    conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    prepare_to_read(&conn)?;
    Ok(conn)
}

/// What every connection needs, whatever it is for.
pub(crate) fn prepare_to_read(conn: &Connection) -> rusqlite::Result<()> {
    // Without this, a statement with `limit ?` is compiled anew each time that the limit is bound: the planner wants to
    // see its value. Every plan here is told by name which index to use.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // KiB. What is written is mostly at the end of things, and what is read is in the system's cache: more is only more
    // memory that stays.
    conn.pragma_update(None, "cache_size", -2048)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    // A row that was flipped on the disk is refused where it is read, and not followed out of its page.
    conn.pragma_update(None, "cell_size_check", true)
}
