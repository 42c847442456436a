//! A store in whose file something was changed. The first four bytes of the input say which table, row and column, and
//! what is done to it; the rest is what is put there.
//!
//! What is asked of it is answered as before, or it is corrupt, which the store and a host on it say: nothing else comes
//! of it, and the same comes of it again.

mod filled;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dormouse::{Engine, Host};
use dormouse_core::clock::SimClock;
use dormouse_core::store::exercise::fixture::{activation, at, registration};
use dormouse_core::store::{DeadLetterFilter, RunFilter, Store};
use dormouse_core::{Cursor, StoreError};
use dormouse_store_sqlite::SqliteStore;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::host::{engine, runtime};
use super::within;
use crate::answer::{Answer, Target, Wrong, refused, taken};

const FILE: &str = "dormouse.db";

/// Rows of each table that are examples.
const EXAMPLES: u8 = 2;

pub(super) struct Rows {
    runtime: Runtime,
    engine: Engine,
    filled: TempDir,
    tables: Vec<Table>,
}

struct Table {
    name: String,
    key: Vec<String>,
    columns: Vec<String>,
    rows: u8,
}

impl Rows {
    pub(super) fn new() -> Self {
        let runtime = runtime();
        let filled = tempfile::tempdir().expect("a temporary folder");
        {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(filled.path()).expect("a store"));
            runtime.block_on(filled::fill(&store));
        }
        let connection = Connection::open(filled.path().join(FILE)).expect("the file of a store");
        connection.pragma_update(None, "journal_mode", "delete").expect("one file");
        let tables = tables(&connection).expect("tables");
        drop(connection);
        Self { runtime, engine: engine(), filled, tables }
    }

    /// Changes the file at `path`. An error is that SQLite would not have it so.
    fn change(&self, path: &Path, input: &[u8]) -> Result<(), String> {
        let ([table, row, column, how], rest) = input.split_first_chunk().unwrap_or((&[0; 4], &[]));
        if *how % 8 == 7 {
            return torn(path, rest).map_err(|error| error.to_string());
        }
        let table = &self.tables[usize::from(*table) % self.tables.len()];
        let column = &table.columns[usize::from(*column) % table.columns.len()];
        let row = row % table.rows.max(1);
        let Table { name, key, .. } = table;
        let key = key.join(", ");
        let place = format!("({key}) = (select {key} from {name} order by {key} limit 1 offset {row})");
        let eight = rest.first_chunk().copied().unwrap_or_default();
        let (statement, value) = match how % 8 {
            0 => (format!("delete from {name} where {place}"), None),
            1 => (
                format!("update {name} set {column} = ?1 where {place}"),
                Some(Value::Integer(i64::from_le_bytes(eight))),
            ),
            2 => (format!("update {name} set {column} = ?1 where {place}"), Some(Value::Blob(rest.to_vec()))),
            3 => (format!("update {name} set {column} = null where {place}"), None),
            _ => {
                let text = String::from_utf8_lossy(rest).into_owned();
                (format!("update {name} set {column} = ?1 where {place}"), Some(Value::Text(text)))
            }
        };
        let changed = || {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "ignore_check_constraints", true)?;
            connection.pragma_update(None, "foreign_keys", false)?;
            connection.execute(&statement, params_from_iter(value))
        };
        changed().map(drop).map_err(|error: rusqlite::Error| error.to_string())
    }

    /// All that a store in `folder` says, as often as it is asked.
    fn asked(&self, folder: &Path) -> Result<Result<Vec<String>, String>, Wrong> {
        let store: Arc<dyn Store> = match SqliteStore::open(folder) {
            Ok(store) => Arc::new(store),
            Err(error) => return Ok(Err(format!("{error:?}"))),
        };
        let first = self.runtime.block_on(within("the store", everything(&store)))??;
        let second = self.runtime.block_on(within("the store", everything(&store)))??;
        Wrong::unless(first == second, || format!("at first {first:?}, and then {second:?}"))?;
        let host = self.runtime.block_on(within("a host", self.lived(&store)))?;
        Ok(Ok(first.into_iter().chain(host).collect()))
    }

    /// What a host says to it, that runs on it for a while.
    async fn lived(&self, store: &Arc<dyn Store>) -> Vec<String> {
        let clock = SimClock::at(at(10_000));
        let builder = Host::builder().engine(self.engine.clone()).shared_store(store.clone());
        match builder.clock(clock.clone()).start().await {
            Ok(host) => {
                for _ in 0..8 {
                    clock.advance(Duration::from_secs(20 * 60));
                    tokio::task::yield_now().await;
                }
                host.shutdown(true).await;
                Vec::new()
            }
            Err(error) => vec![format!("host: {error}")],
        }
    }
}

impl Target for Rows {
    fn examples(&self) -> Vec<Vec<u8>> {
        let mut examples = vec![vec![0, 0, 0, 7], vec![0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8]];
        let connection = Connection::open(self.filled.path().join(FILE)).expect("the file of a store");
        for (t, table) in (0..).zip(&self.tables) {
            let sql = format!(
                "select {} from {} order by {}",
                table.columns.join(", "),
                table.name,
                table.key.join(", ")
            );
            let mut statement = connection.prepare(&sql).expect("a query");
            let mut rows = statement.query([]).expect("rows");
            for r in 0..table.rows.min(EXAMPLES) {
                let Some(row) = rows.next().expect("a row") else { break };
                for (c, _) in (0..).zip(&table.columns) {
                    let (how, bytes) = match row.get(usize::from(c)).expect("a value") {
                        Value::Integer(number) => (1, number.to_le_bytes().to_vec()),
                        Value::Text(text) => (4, text.into_bytes()),
                        Value::Blob(bytes) => (2, bytes),
                        _ => (3, Vec::new()),
                    };
                    examples.push([&[t, r, c, how], bytes.as_slice()].concat());
                }
            }
        }
        examples
    }

    fn words(&self) -> Vec<Vec<u8>> {
        let mut words: Vec<_> =
            ["null", "{}", "[]", "\"\"", "\"", ":", "-1", "1e999", "\0", "/", "..", "true"]
                .map(|word| word.as_bytes().to_vec())
                .into();
        words.extend([i64::MIN, i64::MAX, -1, 0].map(|number| number.to_le_bytes().to_vec()));
        words
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let folder = tempfile::tempdir().map_err(|error| Wrong(error.to_string()))?;
        let path: PathBuf = folder.path().join(FILE);
        std::fs::copy(self.filled.path().join(FILE), &path).map_err(|error| Wrong(error.to_string()))?;
        if let Err(why) = self.change(&path, input) {
            return refused(format!("SQLite: {}", why.escape_debug()));
        }
        match self.asked(folder.path())? {
            Ok(said) if said.is_empty() => Ok(taken("as ever")),
            Ok(said) => refused(said.join("; ").escape_debug()),
            Err(error) => refused(error.escape_debug()),
        }
    }
}

/// Asks `store` for all there is. Answers what it refused; what it answered must be no more than it can hold.
async fn everything(store: &Arc<dyn Store>) -> Result<Vec<String>, Wrong> {
    let mut refused = Vec::new();
    let mut note = |what: &str, error: Option<StoreError>| match error {
        None => Ok(()),
        Some(StoreError::Corrupt(why)) => {
            refused.push(format!("{what}: {why}"));
            Ok(())
        }
        Some(other) => Err(Wrong(format!("{what}: {other:?}"))),
    };
    note("apps", store.apps().await.err())?;
    note("registrations", store.registrations().await.err())?;
    note("refusals", store.refusals(registration(1)).await.err())?;
    note("pending", store.pending(at(10_000), None, 100).await.err())?;
    note("next backoff", store.next_backoff(at(0)).await.err())?;
    for n in 1..=filled::ACTIVATIONS {
        let found = store.activation(activation(n)).await;
        if let Ok(Some(found)) = &found {
            whole(&found)?;
        }
        note("activation", found.err())?;
        note("completion", store.completion(activation(n)).await.err())?;
        note("output", store.output(dormouse_core::store::exercise::fixture::run(n)).await.err())?;
    }
    note("waiting", store.waiting(registration(1), 100).await.err())?;
    note("counts", store.counts(registration(1)).await.err())?;
    note("completions", store.completions(Cursor(0), 100).await.err())?;
    note("head", store.head().await.err())?;
    note("floor", store.floor().await.err())?;
    note("cursor", store.cursor("reader").await.err())?;
    note("subscribers", store.subscribers().await.err())?;
    note("runs", store.runs(RunFilter::default(), 100).await.err())?;
    note("dead letters", store.dead_letters(DeadLetterFilter::default(), 100).await.err())?;
    note("totals", store.totals().await.err())?;
    note("webhooks", store.webhooks().await.err())?;
    note("undelivered", store.undelivered("hook", 100).await.err())?;
    Ok(refused)
}

/// That it can be shown, and be kept again.
fn whole(value: &(impl Debug + serde::Serialize)) -> Result<(), Wrong> {
    serde_json::to_string(value).map(drop).map_err(|error| Wrong(format!("{value:?}: {error}")))
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let names =
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    let names: Vec<String> =
        connection.prepare(names)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut tables = Vec::new();
    for name in names {
        let columns: Vec<(String, bool)> = connection
            .prepare("select name, pk > 0 from pragma_table_xinfo(?1) where hidden = 0 order by cid")?
            .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let rows: u32 =
            connection.query_row(&format!("select count(*) from {name}"), [], |row| row.get(0))?;
        let mut key: Vec<_> =
            columns.iter().filter(|(_, is_key)| *is_key).map(|(name, _)| name.clone()).collect();
        if key.is_empty() {
            key.push("rowid".to_owned());
        }
        let columns = columns.into_iter().map(|(name, _)| name).collect();
        // What is empty has nothing that could be changed.
        if rows > 0 {
            tables.push(Table { name, key, columns, rows: u8::try_from(rows).unwrap_or(u8::MAX) });
        }
    }
    Ok(tables)
}

/// Writes pieces of `bytes` into the file: each is where it goes, and a byte.
fn torn(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::read(path)?;
    for piece in bytes.chunks_exact(4) {
        let [a, b, c, byte] = *piece else { continue };
        let at = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let len = file.len();
        if let Some(old) = file.get_mut(at % len.max(1)) {
            *old = byte;
        }
    }
    std::fs::write(path, file)
}
