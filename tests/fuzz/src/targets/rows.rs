//! A store in whose file something was changed. The first four bytes of the input say which table, row and column, and
//! what is done to it; the rest is what is put there.
//!
//! What is asked of it and is not about that table is answered as before; what is, is answered or is corrupt, which the
//! store and a host on it say. The same is answered again, also once the file was closed and opened. What was put in the
//! place of the same changes nothing.

mod answers;
mod filled;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dormouse::{Engine, Host};
use dormouse_core::clock::SimClock;
use dormouse_core::store::Store;
use dormouse_core::store::exercise::fixture::at;
use dormouse_store_sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::host::{engine, runtime};
use super::within;
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};
use answers::Answers;

const FILE: &str = "dormouse.db";

/// Rows of each table that are examples.
const EXAMPLES: u8 = 2;

pub(super) struct Rows {
    runtime: Runtime,
    engine: Engine,
    filled: TempDir,
    tables: Vec<Table>,
    /// What is answered where nothing was changed.
    before: Answers,
}

/// What was changed in a file.
enum Change<'a> {
    /// Nothing: what was put in was there.
    Nothing,
    /// A row of this table.
    Row(&'a str),
    /// Bytes, anywhere.
    Anywhere,
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
        let before = {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(filled.path()).expect("a store"));
            runtime.block_on(async {
                filled::fill(&store).await;
                Answers::of(&store).await.expect("the store works")
            })
        };
        let connection = Connection::open(filled.path().join(FILE)).expect("the file of a store");
        connection.pragma_update(None, "journal_mode", "delete").expect("one file");
        let tables = tables(&connection).expect("tables");
        drop(connection);
        Self { runtime, engine: engine(), filled, tables, before }
    }

    /// Changes the file at `path`. An error is that SQLite would not have it so.
    fn change(&self, path: &Path, input: &[u8]) -> Result<Change<'_>, String> {
        let ([table, row, column, how], rest) = input.split_first_chunk().unwrap_or((&[0; 4], &[]));
        if *how % 8 == 7 {
            return torn(path, rest).map(|()| Change::Anywhere).map_err(|error| error.to_string());
        }
        let table = &self.tables[usize::from(*table) % self.tables.len()];
        let column = &table.columns[usize::from(*column) % table.columns.len()];
        let row = row % table.rows.max(1);
        let Table { name, key, .. } = table;
        let key = key.join(", ");
        let place = format!("({key}) = (select {key} from {name} order by {key} limit 1 offset {row})");
        let eight = rest.first_chunk().copied().unwrap_or_default();
        let value = match how % 8 {
            0 => None,
            1 => Some(Value::Integer(i64::from_le_bytes(eight))),
            2 => Some(Value::Blob(rest.to_vec())),
            3 => Some(Value::Null),
            _ => Some(Value::Text(String::from_utf8_lossy(rest).into_owned())),
        };
        let changed = || {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "ignore_check_constraints", true)?;
            connection.pragma_update(None, "foreign_keys", false)?;
            let Some(value) = value else {
                connection.execute(&format!("delete from {name} where {place}"), [])?;
                return Ok(Change::Row(name));
            };
            let was: Value =
                connection
                    .query_row(&format!("select {column} from {name} where {place}"), [], |row| row.get(0))?;
            connection.execute(&format!("update {name} set {column} = ?1 where {place}"), [&value])?;
            Ok(if was == value { Change::Nothing } else { Change::Row(name) })
        };
        changed().map_err(|error: rusqlite::Error| error.to_string())
    }

    /// All that a store in `folder` says, as often as it is asked.
    fn asked(&self, folder: &Path, change: &Change<'_>) -> Result<Result<Vec<String>, String>, Wrong> {
        let open = || -> Result<Arc<dyn Store>, String> {
            SqliteStore::open(folder)
                .map(|store| Arc::new(store) as Arc<dyn Store>)
                .map_err(|error| format!("{error:?}"))
        };
        let answers =
            |store: &Arc<dyn Store>| self.runtime.block_on(within("the store", Answers::of(store)))?;
        let store = match open() {
            Ok(store) => store,
            Err(error) => return Ok(Err(error)),
        };
        let first = answers(&store)?;
        let again = |then: &Answers| {
            then.strange(&first, None).map_or(Ok(()), |strange| Err(Wrong(format!("asked again, {strange}"))))
        };
        again(&answers(&store)?)?;
        let table = match change {
            Change::Nothing => Some(None),
            Change::Row(table) => Some(Some(*table)),
            Change::Anywhere => None,
        };
        if let Some(strange) = table.and_then(|table| first.strange(&self.before, table)) {
            return Err(Wrong(strange));
        }
        drop(store);
        let store = open().map_err(|error| Wrong(format!("it was opened, and then {error}")))?;
        again(&answers(&store)?)?;
        let host = self.runtime.block_on(within("a host", self.lived(&store)))?;
        Ok(Ok(first.corrupt().into_iter().chain(host).collect()))
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
            inputs(["null", "{}", "[]", "\"\"", "\"", ":", "-1", "1e999", "\0", "/", "..", "true"]);
        words.extend([i64::MIN, i64::MAX, -1, 0].map(|number| number.to_le_bytes().to_vec()));
        words
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let folder = tempfile::tempdir().map_err(|error| Wrong(error.to_string()))?;
        let path: PathBuf = folder.path().join(FILE);
        std::fs::copy(self.filled.path().join(FILE), &path).map_err(|error| Wrong(error.to_string()))?;
        let change = match self.change(&path, input) {
            Ok(change) => change,
            Err(why) => return refused(format!("SQLite: {}", why.escape_debug())),
        };
        match self.asked(folder.path(), &change)? {
            Ok(said) if said.is_empty() => Ok(taken("as ever")),
            Ok(said) => refused(said.join("; ").escape_debug()),
            Err(error) => refused(error.escape_debug()),
        }
    }
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
