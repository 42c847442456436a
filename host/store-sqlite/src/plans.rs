//! No query on a table that grows may scan it.

use rusqlite::Connection;

use crate::{activations, apps, ledger, refusals, registrations, schema};

/// How SQLite means to run `sql`, a line for each step.
fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("explain query plan {sql}")).expect("the statement is valid");
    let parameters = vec![None::<i64>; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3));
    rows.expect("a plan").collect::<Result<_, _>>().expect("a plan")
}

#[test]
fn each_query_finds_its_index() {
    let mut conn = Connection::open_in_memory().expect("memory");
    schema::migrate(&mut conn).expect("the schema is valid");
    let searched = |table: &str, by: &str| format!("SEARCH {table} USING {by}");
    let primary = "INTEGER PRIMARY KEY (rowid=?)";
    let details = format!("SEARCH d USING {primary} LEFT-JOIN");
    let registration =
        |with: &str| searched("registration", &format!("{with} sqlite_autoindex_registration_1 (id=?)"));
    let of_registration = searched("refusal", "PRIMARY KEY (registration=?)");
    let covered = registration("COVERING INDEX");
    #[rustfmt::skip]
    let expected = [
        (registrations::sql::STATUS, vec![registration("INDEX")]),
        (registrations::sql::ADVANCE, vec![registration("INDEX")]),
        (registrations::sql::SPEND, vec![registration("INDEX")]),
        // Its refusals go with it.
        (registrations::sql::REMOVE, vec![registration("INDEX"), of_registration.clone()]),
        (registrations::sql::ALL, vec!["SCAN registration USING INDEX sqlite_autoindex_registration_1".to_owned()]),
        (apps::sql::REMOVE, vec![searched("app", "PRIMARY KEY (app=?)")]),
        (apps::sql::ALL, vec!["SCAN app".to_owned()]), // all of it is asked for
        (apps::sql::REGISTRATIONS, vec![searched("registration", "COVERING INDEX registration_app (app=?)")]),
        (refusals::sql::NOTE, vec![covered]),
        // There are as many rows to sort as there are reasons.
        (refusals::sql::OF, vec![of_registration, "USE TEMP B-TREE FOR ORDER BY".to_owned()]),
        (activations::sql::PENDING, vec![searched("a", "INDEX activation_pending ((fired_at,id)>(?,?))"), details.clone()]),
        (activations::sql::NEXT_BACKOFF, vec![searched("activation", "COVERING INDEX activation_backoff (not_before>?)")]),
        (activations::sql::WAITING, vec![searched("a", "INDEX activation_waiting (registration=?)")]),
        (activations::sql::WAITING_WHOLE, vec![searched("a", "INDEX activation_waiting (registration=?)"), details.clone()]),
        (activations::sql::NEWEST_WAITING, vec![searched("a", "INDEX activation_waiting (registration=?)"), details.clone()]),
        // What runs is a handful, and the scan is of its own small index.
        (activations::sql::REAP, vec!["SCAN a USING INDEX activation_running".to_owned(), details.clone()]),
        (activations::sql::BY_ID, vec![searched("a", "INDEX sqlite_autoindex_activation_1 (id=?)")]),
        (activations::sql::WHOLE_BY_ID, vec![searched("a", "INDEX sqlite_autoindex_activation_1 (id=?)"), details]),
        (activations::sql::UPDATE, vec![searched("activation", primary)]),
        (ledger::sql::RUNS, vec!["SCAN run".to_owned()]), // backwards, and only as far as the limit
        (ledger::sql::RUNS_OF_REGISTRATION, vec![searched("run", "INDEX run_registration (registration=?)")]),
        (ledger::sql::RUNS_OF_ACTIVATION, vec![searched("run", "INDEX run_activation (activation=?)")]),
        (ledger::sql::FINISHED, vec![searched("run", "INDEX run_activation (activation=?)")]),
        (ledger::sql::COMPLETIONS, vec![searched("run", "INDEX run_completion (place>?)")]),
        (ledger::sql::COMPLETION, vec![searched("run", "INDEX run_activation (activation=?)")]),
        (ledger::sql::HEAD, vec![searched("run", "INDEX run_completion")]),
    ];
    for (sql, steps) in expected {
        assert_eq!(plan(&conn, sql), steps, "{sql}");
    }
}

#[test]
fn subqueries_find_theirs() {
    let mut conn = Connection::open_in_memory().expect("memory");
    schema::migrate(&mut conn).expect("the schema is valid");
    for (sql, indexes) in [
        (
            activations::sql::COUNTS,
            &[
                "SEARCH activation USING COVERING INDEX activation_waiting",
                "SCAN activation USING COVERING INDEX activation_running",
            ][..],
        ),
        (
            activations::sql::BY_KEY,
            &[
                "SEARCH a USING INTEGER PRIMARY KEY",
                "sqlite_autoindex_activation_2",
                "SEARCH coalesced_key USING",
            ],
        ),
    ] {
        let steps = plan(&conn, sql);
        for index in indexes {
            assert!(steps.iter().any(|step| step.contains(index)), "{index} is not in {steps:?}");
        }
        let scans =
            steps.iter().filter(|step| step.starts_with("SCAN") && !step.contains("activation_running"));
        assert!(scans.clone().all(|step| step == "SCAN CONSTANT ROW"), "{:?}", scans.collect::<Vec<_>>());
    }
}
