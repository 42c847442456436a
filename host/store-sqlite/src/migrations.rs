//! A file of an earlier schema loses nothing on its way to this one.

use std::path::Path;
use std::sync::Arc;

use dormouse_core::activation::ActivationState;
use dormouse_core::completion::Cursor;
use dormouse_core::store::exercise::fixture::{
    QUEUE, activation, app, ask, at, enqueue, firing, registration, run, stored,
};
use dormouse_core::store::{Counts, Enqueued, RunFilter, Store};
use dormouse_core::{Outcome, StoreError, Trigger, TriggerDetails};
use futures::executor::block_on;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::{SqliteStore, schema};

/// Rows as version 1 wrote them: two registrations of two apps, and an activation in each state.
const ROWS: &str = r#"
insert into registration values
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

/// The columns that version 1 made.
const TABLES: [&str; 6] = [
    "select id, spent, watermark, body from registration",
    "select * from activation",
    "select * from details",
    "select * from coalesced_key",
    "select * from run",
    "select * from subscriber",
];

/// Makes a file of version 1 with `rows`.
fn version_1(directory: &Path, rows: &str) -> Connection {
    let conn = Connection::open(directory.join(SqliteStore::FILE_NAME)).expect("a new file");
    conn.execute_batch(schema::MIGRATIONS[0]).expect("the schema is valid");
    conn.pragma_update(None, "application_id", schema::APPLICATION_ID).expect("a pragma");
    conn.pragma_update(None, "user_version", 1).expect("a pragma");
    conn.execute_batch(rows).expect("the rows are valid");
    conn
}

fn contents(conn: &Connection) -> Vec<Vec<Vec<Value>>> {
    TABLES
        .map(|sql| {
            let mut statement = conn.prepare(sql).expect("the table is there");
            let columns = statement.column_count();
            let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n)).collect());
            rows.expect("a table").collect::<Result<_, _>>().expect("rows")
        })
        .to_vec()
}

#[test]
fn a_file_of_version_1_keeps_everything() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let before = contents(&version_1(directory.path(), ROWS));
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
            runs.iter().map(|r| (r.run, r.outcome.clone())).collect::<Vec<_>>(),
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
    assert_eq!(version, 2);
}

#[test]
fn registrations_of_version_1_go_with_their_app() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    version_1(directory.path(), ROWS);
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
    let row = "insert into registration values (x'00000000000000000000000000000001', 0, 0, '{')";
    version_1(directory.path(), row);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).expect("it opens"));
    block_on(async {
        let error = store.registrations().await.expect_err("it makes no sense");
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
        store.remove_registration(registration(1), at(1)).await.expect("the store works");
        assert!(store.registrations().await.expect("the store works").is_empty());
    });
}
