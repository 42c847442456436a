//! A file of an earlier schema loses nothing on its way to this one.

use std::path::Path;
use std::sync::Arc;

use dormouse_core::activation::ActivationState;
use dormouse_core::app::previous::{AppStateRecord, Kept};
use dormouse_core::completion::Cursor;
use dormouse_core::store::exercise::fixture::{
    QUEUE, activation, app, ask, at, enqueue, firing, prune_all, registration, resumed, run, stored,
};
use dormouse_core::store::{Counts, DeadLetterFilter, Enqueued, Prune, Pruned, RunFilter, Store, Totals};
use dormouse_core::{Outcome, OutcomeKind, StoreError, Trigger, TriggerDetails};
use futures::executor::block_on;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::{SqliteStore, schema};

/// Rows as version 1 wrote them: two registrations of two apps, and an activation in each state.
const ROWS: &str = r#"
insert into registration (id, spent, watermark, body) values
    (x'00000000000000000000000000000001', 0, 77000,
     '{"id":"00000000-0000-0000-0000-000000000001","app":"org.example.feeds","name":"refresh","entry_point":"main",
       "trigger":{"kind":"application"},"conditions":["internet-available"],"cancel_on_condition_loss":true,
       "overlap":{"policy":"queue","max":9},"limits":{"class":null,"wall":null,"cpu":{"secs":2,"nanos":0},
       "grace":null,"memory_bytes":null,"output_bytes":null,"deferrals":null},
       "retry":{"max_attempts":1,"initial_us":1000000,"max_us":900000000,"factor":2.0,"jitter":0.5},
       "env":[["LANG","C"]],"args":["--quick"],"registered_at":5000}'),
    (x'00000000000000000000000000000002', 1, 0,
     '{"id":"00000000-0000-0000-0000-000000000002","app":"org.example.other","name":"other","entry_point":"main",
       "trigger":{"kind":"application"},"conditions":[],"cancel_on_condition_loss":false,
       "overlap":{"policy":"refuse"},"limits":{"class":null,"wall":null,"cpu":null,
       "grace":null,"memory_bytes":null,"output_bytes":null,"deferrals":null},
       "retry":{"max_attempts":1,"initial_us":1000000,"max_us":900000000,"factor":2.0,"jitter":0.5},
       "env":[["LANG","C"]],"args":["--quick"],"registered_at":5000}');
insert into activation values
    (1, x'00000000000000000000000000000001', x'00000000000000000000000000000001', 'org.example.feeds', '1',
     2, null, 1000, 1000, 0, 0, 0, 0, null, null, null, null, null, null),
    (2, x'00000000000000000000000000000002', x'00000000000000000000000000000001', 'org.example.feeds', '2',
     1, 2000, 2000, 2000, 0, 0, 1, 1, x'00000000000000000000000000000002',
     x'00000000000000000000000000000001', 2000, 1002000, null, null),
    (3, x'00000000000000000000000000000003', x'00000000000000000000000000000002', 'org.example.other', '3',
     1, null, 3000, 3000, 0, 0, 1, 2, null, null, null, null, '{"outcome":"succeeded"}', 4000),
    (4, x'00000000000000000000000000000004', x'00000000000000000000000000000001', 'org.example.feeds', '4',
     1, null, 4000, 4000, 0, 0, 0, 3, null, null, null, null, null, 5000);
insert into details values (1, '{"application":[]}', x'68656c6c6f');
insert into coalesced_key values (x'00000000000000000000000000000001', '9', 1, 1);
insert into run values
    (1, x'00000000000000000000000000000003', x'00000000000000000000000000000003',
     x'00000000000000000000000000000002', 'org.example.other', 1, 1, 3000, 4000, '{"outcome":"succeeded"}',
     '{"queue_wait":{"secs":0,"nanos":590000},"wall":{"secs":0,"nanos":13111665},
       "paused":{"secs":0,"nanos":0},"suspended_count":0,"cpu":{"secs":0,"nanos":1537125},
       "peak_memory_bytes":1115024,"memory_refusals":0,"stdout_bytes":17,"stderr_bytes":0,
       "output_dropped_bytes":0,"deferrals":0,"progress":100,"denials":0}', 1, 1);
insert into subscriber values ('mail', 1);
"#;

/// Rows as version 2 wrote them, besides [`ROWS`]: of activations that failed, one of a registration that is gone; a
/// run that another attempt followed; an outcome that makes no sense.
const MORE_ROWS: &str = r#"
insert into app values ('org.example.feeds', '{}');
insert into refusal values (x'00000000000000000000000000000001', 'spent', 1, 0, 0);
insert into activation
    (n, id, registration, app, key, coalesced, fired_at, not_before, failures, interruptions, fence, state,
     outcome, over_at)
values
    (5, x'00000000000000000000000000000005', x'00000000000000000000000000000001', 'org.example.feeds', '5',
     1, 0, 0, 1, 0, 2, 2, '{"outcome":"failed","message":"no feed","retry_after":null}', 6000),
    (6, x'00000000000000000000000000000006', x'00000000000000000000000000000001', 'org.example.feeds', '6',
     1, 0, 0, 0, 0, 1, 2, '{"outcome":"canceled","cancellation":{"reason":"execution-time-exceeded",
     "policy":"wall","detail":""},"forced":true}', 7000),
    (7, x'00000000000000000000000000000007', x'00000000000000000000000000000001', 'org.example.feeds', '7',
     1, 0, 0, 0, 0, 1, 2, '{"outcome":"canceled","cancellation":{"reason":"abort",
     "policy":"operator","detail":""},"forced":true}', 8000),
    (8, x'00000000000000000000000000000008', x'000000000000000000000000000000ff', 'org.example.feeds', '8',
     1, 0, 0, 0, 0, 1, 2, '{"outcome":"failed","message":"no feed","retry_after":null}', 9000);
insert into run
select 1 + n, id, id, registration, app, 1, 1, over_at - 500, over_at - 400, outcome, '{}', 1, null
from activation where n = 5;
insert into run
select 2 + n, id, id, registration, app, fence, fence, over_at, over_at, outcome, '{}', 1, 1
from activation where n between 5 and 8;
"#;

/// What version 3 wrote, besides [`ROWS`] and [`MORE_ROWS`].
const LAST_ROWS: &str = r#"
update registration set crashes = 2 where spent = 0;
insert into output values (1, x'6f7574', x'657272');
insert into webhook values ('mail', '{"name":"mail","url":"https://example.org/"}');
insert into undelivered values ('mail', 1, '{}');
update pruned set runs = 7;
"#;

/// The tables that version 3 made.
const TABLES_OF_3: [&str; 6] = [
    "select id, crashes from registration",
    "select n, backoff_since, dead from activation",
    "select * from output",
    "select * from webhook",
    "select * from undelivered",
    "select * from pruned",
];

/// What version 4 wrote, besides the others.
const ROWS_OF_4: &str = r#"
insert into quota values ('org.example.feeds', '{"window_start":5,"spent_us":7}');
insert into setting values ('org.example.feeds', 'theme', x'6461726b');
"#;

/// The tables that version 4 made.
const TABLES_OF_4: [&str; 2] = ["select * from quota", "select * from setting"];

/// The table that version 5 made.
const APP_STATE: &str = "select app, body from app_state";

/// The columns that version 1 made.
const TABLES: [&str; 6] = [
    "select id, spent, watermark, body from registration",
    "select n, id, registration, app, key, coalesced, scheduled_for, fired_at, not_before, failures, interruptions,
     fence, state, run, node, since, until, outcome, over_at from activation",
    "select * from details",
    "select * from coalesced_key",
    "select place, id, activation, registration, app, attempt, fence, started_at, ended_at, outcome, receipt,
     accepted, coalesced from run",
    "select * from subscriber",
];

/// Makes a file of version `version` with `rows`.
fn of_version(version: usize, directory: &Path, rows: &str) -> Connection {
    let conn = Connection::open(directory.join(SqliteStore::FILE_NAME)).expect("a new file");
    for step in &schema::MIGRATIONS[..version] {
        conn.execute_batch(step).expect("the schema is valid");
    }
    conn.pragma_update(None, "application_id", schema::APPLICATION_ID).expect("a pragma");
    conn.pragma_update(None, "user_version", version as i64).expect("a pragma");
    conn.execute_batch(rows).expect("the rows are valid");
    conn
}

fn contents(conn: &Connection) -> Vec<Vec<Vec<Value>>> {
    read(conn, &TABLES)
}

fn read(conn: &Connection, queries: &[&str]) -> Vec<Vec<Vec<Value>>> {
    queries
        .iter()
        .map(|sql| {
            let mut statement = conn.prepare(sql).expect("the table is there");
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n)).collect());
            rows.expect("a table").collect::<Result<_, _>>().expect("rows")
        })
        .collect()
}

#[test]
fn a_file_of_version_1_keeps_everything() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let before = contents(&of_version(1, directory.path(), ROWS));
    assert!(before.iter().all(|rows| !rows.is_empty()), "each table is tried");

    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        let registrations = store.registrations().await.expect("the store works");
        let names: Vec<_> = registrations.iter().map(|record| record.registration.name.as_str()).collect();
        assert_eq!(names, ["refresh", "other"]);
        assert_eq!(registrations[0].registration.trigger, Trigger::Application);
        assert_eq!(registrations[0].watermark, at(77));
        assert_eq!(stored(&store, 1).await.details, TriggerDetails::Application(b"hello".to_vec()));
        assert!(matches!(stored(&store, 2).await.state, ActivationState::Running(_)));
        assert_eq!(stored(&store, 4).await.state, ActivationState::Withdrawn { at: at(5) });
        let counts = store.counts(registration(1)).await.expect("the store works");
        assert_eq!(counts, Counts { waiting: 1, running: 1 });
        let runs = store.runs(RunFilter::default(), 9).await.expect("the store works");
        assert_eq!(
            runs.iter().map(|r| (r.run.run, r.run.outcome.clone())).collect::<Vec<_>>(),
            [(run(3), Outcome::Succeeded)]
        );
        assert_eq!(store.completions(Cursor(0), 9).await.expect("the store works").len(), 1);
        assert_eq!(store.cursor("mail").await.expect("the store works"), Some(Cursor(1)));
        let mut repeated = firing(9, 1, 9);
        assert_eq!(enqueue(&store, ask(repeated.clone(), QUEUE)).await, Enqueued::Duplicate(activation(1)));
        repeated.key = "3".to_owned();
        repeated.registration = registration(2);
        assert_eq!(enqueue(&store, ask(repeated, QUEUE)).await, Enqueued::Duplicate(activation(3)));
    });
    drop(store);

    let conn = Connection::open(directory.path().join(SqliteStore::FILE_NAME)).expect("it is closed");
    assert_eq!(contents(&conn), before);
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a pragma");
    assert_eq!(version, schema::VERSION);
}

#[test]
fn registrations_of_version_1_go_with_their_app() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    of_version(1, directory.path(), ROWS);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        let removed = store.remove_app(&app(), at(60)).await.expect("the store works");
        assert_eq!(removed.withdrawn, [activation(1)]);
        let left = store.registrations().await.expect("the store works");
        assert_eq!(left.iter().map(|record| record.registration.id).collect::<Vec<_>>(), [registration(2)]);
    });
}

#[test]
fn a_registration_that_makes_no_sense_is_told_when_it_is_read_and_can_be_removed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let row = "insert into registration (id, spent, watermark, body) values (x'00000000000000000000000000000001', 0, 0, '{')";
    of_version(1, directory.path(), row);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        let error = store.registrations().await.expect_err("it makes no sense");
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
        store.remove_registration(registration(1), at(1)).await.expect("the store works");
        assert!(store.registrations().await.expect("the store works").is_empty());
    });
}

#[test]
fn a_file_of_version_2_keeps_everything_and_has_its_lists() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let before = contents(&of_version(2, directory.path(), &[ROWS, MORE_ROWS].concat()));
    let sqlite = SqliteStore::open(directory.path()).expect("it opens");
    assert_eq!(contents(&Connection::open(sqlite.path()).expect("it is there")), before);
    let store: Arc<dyn Store> = Arc::new(sqlite);
    block_on(async {
        let registrations = store.registrations().await.expect("the store works");
        assert!(registrations.iter().all(|record| record.crashes == 0));
        assert_eq!(store.refusals(registration(1)).await.expect("the store works").len(), 1);

        let letters = store.dead_letters(DeadLetterFilter::default(), 9).await.expect("the store works");
        let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        assert_eq!(ids, [activation(6), activation(5)], "failures of what is registered");
        let totals = store.totals().await.expect("the store works");
        assert_eq!(totals, Totals { waiting: 1, running: 1, dead_letters: 2 });

        let places = async |filter: RunFilter| -> Vec<u64> {
            let runs = store.runs(filter, 99).await.expect("the store works");
            runs.iter().map(|listed| listed.place.0).collect()
        };
        assert_eq!(places(RunFilter::default()).await, [10, 9, 8, 7, 6, 1]);
        let failed = RunFilter { outcome: Some(OutcomeKind::Failed), ..RunFilter::default() };
        assert_eq!(places(failed).await, [10, 7, 6]);
        let of = RunFilter { registration: Some(registration(2)), ..RunFilter::default() };
        assert_eq!(places(of).await, [1]);
        assert_eq!(store.head().await.expect("the store works"), Cursor(10));
        assert_eq!(store.floor().await.expect("the store works"), Cursor(0));

        // Six runs are there, of ten places: two are too many, however the places are numbered.
        let ask = Prune { keep_runs: 4, unread_before: at(9), ..prune_all(at(0), 99) };
        let pruned = store.prune(ask).await.expect("the store works");
        assert_eq!(pruned, Pruned { runs: 2, activations: 1, more: false });
        assert_eq!(places(RunFilter::default()).await, [10, 9, 8, 7]);
        let next = resumed(&store, 1, 99, 2000).await;
        assert_eq!(next.cursor, Cursor(11), "places go on");
    });
}

#[test]
fn an_outcome_that_makes_no_sense_is_listed_so_that_it_is_told() {
    for outcome in ["{", "{}", r#"{"outcome":"eaten"}"#] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let conn = of_version(2, directory.path(), ROWS);
        conn.execute("update run set outcome = ?1", [outcome]).expect("there is one");
        drop(conn);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
        let error = block_on(store.runs(RunFilter::default(), 9)).expect_err("it makes no sense");
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    }
}

#[test]
fn a_file_of_version_3_keeps_everything_and_has_room_for_what_is_new() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let old = of_version(2, directory.path(), &[ROWS, MORE_ROWS].concat());
    old.execute_batch(schema::MIGRATIONS[2]).expect("the schema is valid");
    old.pragma_update(None, "user_version", 3).expect("a pragma");
    old.execute_batch(LAST_ROWS).expect("the rows are valid");
    let before = (contents(&old), read(&old, &TABLES_OF_3));
    assert!(before.1.iter().all(|rows| !rows.is_empty()), "each table is tried");
    drop(old);

    drop(SqliteStore::open(directory.path()).expect("it opens"));
    let conn = Connection::open(directory.path().join(SqliteStore::FILE_NAME)).expect("it is closed");
    assert_eq!((contents(&conn), read(&conn, &TABLES_OF_3)), before);
    let new =
        read(&conn, &["select app, body from quota", "select app, name, value from setting", APP_STATE]);
    assert!(new.iter().all(Vec::is_empty), "nothing is made up");
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a pragma");
    assert_eq!(version, schema::VERSION);
}

#[test]
fn a_file_of_version_4_keeps_everything_and_knows_no_app_that_ever_ran() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let old = of_version(1, directory.path(), ROWS);
    for step in &schema::MIGRATIONS[1..4] {
        old.execute_batch(step).expect("the schema is valid");
    }
    old.pragma_update(None, "user_version", 4).expect("a pragma");
    old.execute_batch(ROWS_OF_4).expect("the rows are valid");
    let before = (contents(&old), read(&old, &TABLES_OF_4));
    assert!(before.1.iter().all(|rows| !rows.is_empty()), "each table is tried");
    drop(old);

    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        assert_eq!(store.app_state(&app()).await.expect("the store works"), None);
        let record = AppStateRecord { kept: Some(Kept::Terminated), ..AppStateRecord::new(app(), at(1)) };
        store.put_app_state(record.clone()).await.expect("the store works");
        assert_eq!(store.app_state(&app()).await.expect("the store works"), Some(record));
    });
    drop(store);

    let conn = Connection::open(directory.path().join(SqliteStore::FILE_NAME)).expect("it is closed");
    assert_eq!((contents(&conn), read(&conn, &TABLES_OF_4)), before);
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a pragma");
    assert_eq!(version, schema::VERSION);
}

#[test]
fn a_file_of_version_5_keeps_everything_and_what_came_with_each_firing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let old = of_version(1, directory.path(), ROWS);
    for step in &schema::MIGRATIONS[1..5] {
        old.execute_batch(step).expect("the schema is valid");
    }
    old.pragma_update(None, "user_version", 5).expect("a pragma");
    // As that version wrote a request without arguments.
    old.execute_batch("insert into details values (2, '{\"application\":[]}', x'')")
        .expect("the row is valid");
    let before = (contents(&old), read(&old, &TABLES_OF_4));
    drop(old);

    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        let came = [
            TriggerDetails::Application(b"hello".to_vec()),
            TriggerDetails::Application(vec![]),
            TriggerDetails::None,
        ];
        for (n, details) in (1..).zip(came) {
            let found = store.activation(activation(n)).await.expect("the store works").expect("it is there");
            assert_eq!(found.details, details, "{n}");
        }
    });
    drop(store);

    let conn = Connection::open(directory.path().join(SqliteStore::FILE_NAME)).expect("it is closed");
    assert_eq!((contents(&conn), read(&conn, &TABLES_OF_4)), before);
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a pragma");
    assert_eq!(version, schema::VERSION);
}
