//! No query on a table that grows may scan it.

use rusqlite::Connection;

use crate::runs::{KINDS, Of, list_sql};
use crate::{
    activations, app_states, apps, dead_letters, journal, leases, ledger, prune, quotas, refusals,
    registrations, runs, schema, settings, webhooks,
};

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
    let sorted = "USE TEMP B-TREE FOR ORDER BY".to_owned();
    // What came with it, and its keys, go with it.
    let deleted = |by: &str| {
        let keys = "COVERING INDEX coalesced_key_place (n=?)";
        vec![searched("activation", by), searched("coalesced_key", keys), searched("details", primary)]
    };
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
        (app_states::sql::GET, vec![searched("app_state", "PRIMARY KEY (app=?)")]),
        (app_states::sql::REMOVE, vec![searched("app_state", "PRIMARY KEY (app=?)")]),
        (quotas::sql::REMOVE, vec![searched("quota", "PRIMARY KEY (app=?)")]),
        (settings::sql::GET, vec![searched("setting", "PRIMARY KEY (app=? AND name=?)")]),
        (settings::sql::LEN, vec![searched("setting", "PRIMARY KEY (app=? AND name=?)")]),
        (settings::sql::NAMES, vec![searched("setting", "PRIMARY KEY (app=?)")]),
        (settings::sql::SUM, vec![searched("setting", "PRIMARY KEY (app=?)")]),
        (settings::sql::DELETE, vec![searched("setting", "PRIMARY KEY (app=? AND name=?)")]),
        (settings::sql::REMOVE, vec![searched("setting", "PRIMARY KEY (app=?)")]),
        (quotas::sql::ALL, vec!["SCAN quota".to_owned()]), // all of it is asked for
        (refusals::sql::NOTE, vec![covered]),
        // There are as many rows to sort as there are reasons.
        (refusals::sql::OF, vec![of_registration, sorted.clone()]),
        (activations::sql::PENDING, vec![searched("a", "INDEX activation_pending ((fired_at,id)>(?,?))"), details.clone()]),
        (activations::sql::NEXT_BACKOFF, vec![searched("activation", "COVERING INDEX activation_backoff (not_before>?)")]),
        (activations::sql::WAITING, vec![searched("a", "INDEX activation_waiting (registration=?)")]),
        (activations::sql::WAITING_WHOLE, vec![searched("a", "INDEX activation_waiting (registration=?)"), details.clone()]),
        (activations::sql::WAITING_COUNT, vec![searched("activation", "COVERING INDEX activation_waiting (registration=?)")]),
        // As what is reaped: what runs is a handful.
        (activations::sql::RUNNING_COUNTS, vec![
            "SCAN activation USING COVERING INDEX activation_running".to_owned(),
            "USE TEMP B-TREE FOR GROUP BY".to_owned(),
        ]),
        (activations::sql::NEWEST_WAITING, vec![searched("a", "INDEX activation_waiting (registration=?)"), details.clone()]),
        (activations::sql::BY_ID, vec![searched("a", "INDEX sqlite_autoindex_activation_1 (id=?)")]),
        (activations::sql::WHOLE_BY_ID, vec![searched("a", "INDEX sqlite_autoindex_activation_1 (id=?)"), details.clone()]),
        (activations::sql::UPDATE, vec![searched("activation", primary)]),
        // What runs is a handful, and the scan is of its own small index.
        (leases::sql::REAP, vec!["SCAN a USING INDEX activation_running".to_owned(), details.clone()]),
        (ledger::sql::FINISHED, vec![searched("r", "INDEX run_activation (activation=?)")]),
        (journal::sql::COMPLETIONS, vec![searched("r", "INTEGER PRIMARY KEY (rowid>?)")]),
        (journal::sql::COMPLETION, vec![searched("r", "INDEX run_activation (activation=?)")]),
        (journal::sql::NEWEST, vec!["SCAN run".to_owned()]), // backwards, and only as far as the first
        (journal::sql::FLOOR, vec!["SCAN pruned".to_owned()]), // its one row
        (journal::sql::CURSOR, vec![searched("subscriber", "PRIMARY KEY (name=?)")]),
        (journal::sql::SUBSCRIBERS, vec!["SCAN subscriber".to_owned()]), // all of it is asked for
        (journal::sql::FORGET, vec![searched("subscriber", "PRIMARY KEY (name=?)")]),
        // An activation has a handful of runs.
        (runs::sql::OF_ACTIVATION, vec![searched("r", "INDEX run_activation (activation=?)"), sorted.clone()]),
        (runs::sql::COUNT, vec![
            "CO-ROUTINE (subquery-1)".to_owned(),
            searched("run", "COVERING INDEX run_app_ended (app=?)"),
            "SCAN (subquery-1)".to_owned(),
        ]),
        (runs::sql::RUN, vec![searched("r", "INDEX run_id (id=?)")]),
        (runs::sql::OUTPUT, vec![searched("r", "COVERING INDEX run_id (id=?)"), searched("o", primary)]),
        (dead_letters::sql::ALL, vec![searched("a", "INDEX activation_dead ((over_at,id)<(?,?))"), details.clone()]),
        (dead_letters::sql::OF_APP, vec![searched("a", "INDEX activation_dead_app (app=? AND (over_at,id)<(?,?))"), details.clone()]),
        (dead_letters::sql::OF_REGISTRATION, vec![searched("a", "INDEX activation_dead_registration (registration=? AND (over_at,id)<(?,?))"), details]),
        (dead_letters::sql::IS_LISTED, vec![searched("activation", primary)]),
        (dead_letters::sql::LIST, vec![searched("activation", primary)]),
        (dead_letters::sql::DISCARD, vec![searched("activation", "INDEX sqlite_autoindex_activation_1 (id=?)")]),
        (dead_letters::sql::DISCARD_OF, vec![searched("activation", "INDEX activation_dead_registration (registration=?)")]),
        (prune::sql::PRUNED, vec!["SCAN pruned".to_owned()]),
        (prune::sql::READ, vec![searched("subscriber", "PRIMARY KEY")]), // a row for each that reads
        // As far as what is asked goes.
        (prune::sql::ATTEMPTS, vec!["SCAN run USING INDEX run_attempt".to_owned()]),
        (prune::sql::IS_OVER, vec![searched("activation", "INDEX sqlite_autoindex_activation_1 (id=?)")]),
        (prune::sql::IS_DEAD, vec![searched("activation", "INDEX sqlite_autoindex_activation_1 (id=?)")]),
        (prune::sql::WITHDRAWN, vec![searched("activation", "COVERING INDEX activation_withdrawn (over_at<?)")]),
        (prune::sql::RUN, vec![searched("run", primary)]),
        (prune::sql::DELETE_RUN, vec![searched("run", primary), searched("output", primary)]),
        (prune::sql::DELETE_ACTIVATION, deleted("INDEX sqlite_autoindex_activation_1 (id=?)")),
        (prune::sql::DELETE_WITHDRAWN, deleted(primary)),
        (prune::sql::NOTE, vec!["SCAN pruned".to_owned()]),
        (webhooks::sql::REMOVE, vec![searched("webhook", "PRIMARY KEY (name=?)"), searched("undelivered", "COVERING INDEX sqlite_autoindex_undelivered_1 (webhook=?)")]),
        (webhooks::sql::ALL, vec!["SCAN webhook".to_owned()]), // all of it is asked for
        (webhooks::sql::NOTE, vec![searched("webhook", "PRIMARY KEY (name=?)")]),
        (webhooks::sql::UNDELIVERED, vec![searched("undelivered", "INDEX sqlite_autoindex_undelivered_1 (webhook=?)")]),
        (webhooks::sql::REMOVE_UNDELIVERED, vec![searched("undelivered", "INDEX sqlite_autoindex_undelivered_1 (webhook=? AND cursor=?)")]),
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

#[test]
fn lists_are_merged_from_pieces_of_an_index() {
    let mut conn = Connection::open_in_memory().expect("memory");
    schema::migrate(&mut conn).expect("the schema is valid");
    for (of, index) in [
        (Of::All, "run_ended (kind=? AND ended_at>? AND ended_at<?)"),
        (Of::App, "run_app_ended (app=? AND kind=? AND ended_at>? AND ended_at<?)"),
        (
            Of::Registration,
            "run_registration_ended (registration=? AND kind=? AND ended_at>? AND ended_at<?)",
        ),
    ] {
        let piece = format!("SEARCH run USING INDEX {index}");
        for (kind, pieces) in [(None, KINDS), (Some(1), 1)] {
            let steps = plan(&conn, &list_sql(of, kind));
            assert_eq!(steps.iter().filter(|step| **step == piece).count(), pieces, "{steps:?}");
            assert_lazy(&steps);
            let fetched = "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)";
            assert_eq!(steps.last().map(String::as_str), Some(fetched), "{steps:?}");
        }
    }
    let steps = plan(&conn, &prune::by_end());
    let pieces = steps.iter().filter(|step| step.contains("INDEX run_ended (kind=?)"));
    assert_eq!(pieces.count(), KINDS, "{steps:?}");
    assert_lazy(&steps);
}

/// As many rows are read as are asked for: nothing is sorted, and nothing gathered beforehand.
fn assert_lazy(steps: &[String]) {
    for step in steps {
        assert!(!step.contains("TEMP B-TREE") && !step.contains("MATERIALIZE"), "{steps:?}");
        assert!(!step.starts_with("SCAN") || step == "SCAN f", "{steps:?}");
    }
}
