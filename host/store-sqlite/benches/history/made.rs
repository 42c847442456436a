//! A history that was made, and not lived through.

use std::path::Path;
use std::time::Duration;

use dormouse_core::completion::Cursor;
use dormouse_core::store::RunPlace;
use dormouse_core::store::exercise::fixture::{failed, record};
use dormouse_core::{AppId, Outcome, Receipt, RegistrationId, RunId, Timestamp};
use dormouse_store_sqlite::SqliteStore;
use rusqlite::{Connection, params};
use uuid::Uuid;

/// Between the ends of two runs: ten million are a month's.
const STEP: Duration = Duration::from_millis(250);

pub(crate) struct Made {
    pub(crate) rows: u64,
}

impl Made {
    pub(crate) const fn ended_at(n: u64) -> Timestamp {
        Timestamp::from_micros((n * STEP.as_micros() as u64) as i64)
    }

    pub(crate) const fn newest(&self) -> Timestamp {
        Self::ended_at(self.rows)
    }

    pub(crate) const fn place(&self, n: u64) -> RunPlace {
        RunPlace { ended_at: Self::ended_at(n), place: Cursor(n) }
    }
}

/// The id of the `n`th of anything: its number, in sixteen digits.
fn bytes(n: u64) -> [u8; 16] {
    format!("{n:016}").into_bytes().try_into().expect("sixteen digits")
}

pub(crate) fn id(n: u64) -> RunId {
    RunId::from_uuid(Uuid::from_bytes(bytes(n)))
}

/// Registration 1 has a third of all runs, and few of the last day; the other thousand share the rest.
pub(crate) fn registration(n: u64) -> RegistrationId {
    RegistrationId::from_uuid(Uuid::from_bytes(bytes(n)))
}

pub(crate) fn app(n: u64) -> AppId {
    AppId::new(format!("org.example.app{n}")).expect("the name is valid")
}

/// One in a hundred failed, and is a dead letter.
const RUNS: &str = "
    with recursive n (n) as (select 1 union all select n + 1 from n where n < ?1),
    r (n, registration) as (
        select n, case when n % 3 = 0 and (n < ?1 - ?1 / 30 or n % 5000 = 0) then 1 else 2 + n % 1000 end from n)
    insert into run (place, id, activation, registration, app, attempt, fence, started_at, ended_at, outcome,
        receipt, accepted, coalesced)
    select n, cast(printf('%016d', n) as blob), cast(printf('%016d', n) as blob),
        cast(printf('%016d', registration) as blob), 'org.example.app' || (registration % 20), 1, 1,
        n * ?2 - 5000, n * ?2, case n % 100 when 0 then ?3 else ?4 end, ?5, 1, 1
    from r";
const ACTIVATIONS: &str = "
    insert into activation (n, id, registration, app, key, coalesced, fired_at, not_before, failures,
        interruptions, fence, state, outcome, over_at, dead)
    select place, activation, registration, app, printf('%012d', place), 1, started_at, 0, 0, 0, 1, 2, outcome,
        ended_at, kind > 0
    from run order by place";
const WAITING: &str = "
    with recursive n (n) as (select 1 union all select n + 1 from n where n < 1000)
    insert into activation (id, registration, app, key, coalesced, fired_at, not_before, failures,
        interruptions, fence, state)
    select cast(printf('w%015d', n) as blob), cast(printf('%016d', n) as blob), 'org.example.app' || (n % 20),
        'w' || n, 1, n, 0, 0, 0, 0, 0
    from n";

/// Makes `rows` runs that ended, with their activations, and a thousand activations that wait. In a way that is fast
/// and not safe.
pub(crate) fn make(directory: &Path, rows: u64) -> Made {
    drop(SqliteStore::open(directory).expect("an empty directory"));
    let conn = Connection::open(directory.join(SqliteStore::FILE_NAME)).expect("it is closed");
    conn.execute_batch(
        "pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off;
         pragma cache_size = -2000000; pragma foreign_keys = off; pragma temp_store = file;",
    )
    .expect("pragmas");
    let indexes: Vec<(String, String)> = {
        let sql =
            "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'run' and sql not null";
        let mut statement = conn.prepare(sql).expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.collect::<Result<_, _>>().expect("names")
    };
    for (name, _) in &indexes {
        conn.execute_batch(&format!("drop index {name}")).expect("it is there");
    }
    let json = |outcome: Outcome| serde_json::to_string(&outcome).expect("JSON");
    let receipt = Receipt { progress: Some(100), stdout_bytes: 7, ..Receipt::default() };
    let receipt = serde_json::to_string(&receipt).expect("JSON");
    let step = STEP.as_micros() as i64;
    conn.execute(RUNS, params![rows as i64, step, json(failed()), json(Outcome::Succeeded), receipt])
        .expect("runs");
    for (_, sql) in &indexes {
        conn.execute_batch(sql).expect("an index");
    }
    conn.execute(ACTIVATIONS, []).expect("activations");
    conn.execute(WAITING, []).expect("activations");
    for n in 1..=1002 {
        let mut body = record(1).registration;
        (body.id, body.app) = (registration(n), app(n % 20));
        let sql = "insert into registration (id, spent, watermark, body, app) values (?1, 0, 0, ?2, ?3)";
        let values = params![&bytes(n), serde_json::to_string(&body).expect("JSON"), body.app.as_str()];
        conn.execute(sql, values).expect("a registration");
    }
    conn.execute_batch("pragma journal_mode = wal").expect("a pragma");
    Made { rows }
}
