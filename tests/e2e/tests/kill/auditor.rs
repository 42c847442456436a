//! Who opens the books of a host that was killed, without asking the host.
//!
//! Reads the database with SQL of its own: what the store's code believes of itself is not asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What the outside world was told, which must be true for ever.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Activations that a firing was answered with.
    pub(crate) accepted: BTreeSet<String>,
    /// Completions that the subscriber was told of: activation, by place in the journal.
    pub(crate) completed: BTreeMap<i64, String>,
    /// The activation that waits for a condition that never holds.
    pub(crate) latched: Option<String>,
    /// The watermark of the timer when the books were last opened.
    watermark: i64,
}

/// The database of a host that does not run, as SQLite's recovery makes it of what the kill left.
pub(crate) fn books(state: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(state.join("dormouse.db"), flags).expect("the database opens")
}

fn count(books: &Connection, sql: &str) -> i64 {
    books.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{sql}: {e}"))
}

fn none(books: &Connection, what: &str, sql: &str) {
    let found = count(books, &format!("select count(*) from ({sql})"));
    assert_eq!(found, 0, "{what}: {sql}");
}

impl Told {
    /// What must hold at any moment at which a host may have been killed.
    pub(crate) fn audit(&mut self, books: &Connection) {
        let check: String = books.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        none(books, "a row points at nothing", "select * from pragma_foreign_key_check");
        none(
            books,
            "two completions of one activation",
            "select activation from run where coalesced is not null group by 1 having count(*) > 1",
        );
        none(
            books,
            "two runs under one fence",
            "select activation, fence from run group by 1, 2 having count(*) > 1",
        );
        none(
            books,
            "a completion of an activation that has not ended",
            "select 1 from run join activation on activation.id = run.activation
             where run.coalesced is not null and activation.state <> 2",
        );
        none(
            books,
            "an activation that ended without a completion",
            "select 1 from activation where state = 2 and not exists
             (select 1 from run where run.activation = activation.id and run.coalesced is not null)",
        );
        none(
            books,
            "a run with a fence that was never given",
            "select 1 from run join activation on activation.id = run.activation where run.fence > activation.fence",
        );
        none(
            books,
            "an occurrence that became two activations",
            "select registration, scheduled_for from activation where scheduled_for is not null
             group by 1, 2 having count(*) > 1",
        );
        // What retention let go of has ended, and the subscriber was told.
        let mut known: BTreeSet<String> = strings(books, "select lower(hex(id)) from activation");
        known.extend(self.completed.values().map(|activation| hex(activation)));
        for accepted in &self.accepted {
            assert!(known.contains(&hex(accepted)), "{accepted} was accepted and is lost");
        }
        let floor = count(books, "select floor from pruned");
        for (place, activation) in self.completed.range(floor + 1..) {
            let found: Result<String, _> = books.query_row(
                "select lower(hex(activation)) from run where place = ?1 and coalesced is not null",
                [place],
                |row| row.get(0),
            );
            let found = found.ok();
            assert_eq!(
                found,
                Some(hex(activation)),
                "the completion at {place} is not what it was told to be"
            );
        }
        if let Some(latched) = &self.latched {
            let state: u32 = books
                .query_row("select state from activation where lower(hex(id)) = ?1", [hex(latched)], |row| {
                    row.get(0)
                })
                .expect("the latched activation is there");
            assert_eq!(state, 0, "what was latched waits");
        }
        let watermark: i64 = books
            .query_row("select coalesce(max(watermark), 0) from registration", [], |row| row.get(0))
            .unwrap();
        assert!(watermark >= self.watermark, "a watermark went back");
        self.watermark = watermark;
    }

    /// What must hold once everything has had the time to end.
    pub(crate) fn settle(&self, books: &Connection) {
        let mut ended: BTreeSet<String> =
            strings(books, "select lower(hex(activation)) from run where coalesced is not null");
        ended.extend(self.completed.values().map(|activation| hex(activation)));
        for accepted in &self.accepted {
            assert!(ended.contains(&hex(accepted)), "{accepted} was accepted and never ended");
        }
        let mut journal =
            books.prepare("select place from run where coalesced is not null order by place").unwrap();
        let journal: Vec<i64> =
            journal.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let missed: Vec<_> = journal.iter().filter(|place| !self.completed.contains_key(place)).collect();
        assert!(
            missed.is_empty(),
            "the subscriber was not told of {} of {}: {missed:?}",
            missed.len(),
            journal.len()
        );
    }
}

fn strings(books: &Connection, sql: &str) -> BTreeSet<String> {
    let mut statement = books.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn hex(id: &str) -> String {
    id.replace('-', "")
}
