//! What commands cost: the statements that they run, and the steps that SQLite's machine takes for them.
//! These are the same on any disk and any day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use dormouse_core::ids::AppId;
use dormouse_core::overlap::{Overlap, Refusal};
use dormouse_core::store::exercise::fixture::{
    QUEUE, app, ask, at, claim, firing, record, registration, succeeded,
};
use dormouse_core::store::{Enqueue, Enqueued, Finished};
use dormouse_core::trigger::TriggerDetails;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};

use crate::errors::Fault;
use crate::tx::{Cache, Tx};
use crate::{activations, apps, enqueue, ledger, refusals, registrations, schema};

/// A database, and what was run on it: the text of each statement, and the steps of all its runs so far.
struct Meter {
    conn: Connection,
    cache: Cache,
    ran: Arc<Mutex<Vec<(String, i32)>>>,
}

impl Meter {
    /// With `others` registrations besides those that a test makes, of other apps, each with a refusal.
    fn new(others: u32) -> Self {
        let mut conn = Connection::open_in_memory().expect("memory");
        conn.pragma_update(None, "foreign_keys", true).expect("a pragma");
        schema::migrate(&mut conn).expect("the schema is valid");
        let others = format!(
            "create temp table other as
                 with recursive other (n) as (select 1 union all select n + 1 from other where n < {others})
                 select n, cast(printf('%016d', n) as blob) as id from other;
             insert into registration (id, spent, watermark, body, app)
                 select id, 0, 0, '{{}}', 'app' || n % 1000 from other;
             insert into refusal select id, 'spent', 1, 0, 0 from other;
             insert into app select distinct app, '{{}}' from registration;"
        );
        conn.execute_batch(&others).expect("they fit");
        let ran: Arc<Mutex<Vec<(String, i32)>>> = Arc::default();
        let told = Arc::clone(&ran);
        let tell = move |event: TraceEvent<'_>| {
            if let TraceEvent::Profile(statement, _) = event {
                let steps = statement.get_status(StatementStatus::VmStep);
                told.lock().expect("no panic").push((statement.sql().into_owned(), steps));
            }
        };
        conn.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(tell)).expect("it can be traced");
        Self { conn, cache: Cache::default(), ran }
    }

    fn run<T>(&mut self, command: impl FnOnce(&mut Tx<'_>) -> Result<T, Fault>) -> Cost<T> {
        // A statement counts on where it was when it is used again.
        self.conn.flush_prepared_statement_cache();
        self.ran.lock().expect("no panic").clear();
        let answer = command(&mut Tx { conn: &self.conn, cache: &mut self.cache }).expect("it works");
        let ran = std::mem::take(&mut *self.ran.lock().expect("no panic"));
        let steps = ran.iter().cloned().collect::<HashMap<_, _>>().into_values().sum();
        Cost { answer, statements: ran.into_iter().map(|(sql, _)| sql).collect(), steps }
    }

    fn register(&mut self, n: u128) {
        self.run(|tx| registrations::save(tx, &record(n)));
    }

    fn enqueue(&mut self, ask: Enqueue) -> Cost<Enqueued> {
        self.run(|tx| enqueue::enqueue(tx, &ask))
    }
}

struct Cost<T> {
    answer: T,
    statements: Vec<String>,
    steps: i32,
}

/// Without details, which are a statement of their own.
fn bare(n: u128, overlap: Overlap) -> Enqueue {
    let mut ask = ask(firing(n, 1, 1), overlap);
    ask.firing.details = TriggerDetails::None;
    ask
}

#[test]
fn a_firing_that_is_accepted_pays_nothing_for_those_that_are_not() {
    use {activations::sql, registrations::sql as registration};
    let mut meter = Meter::new(0);
    meter.register(1);
    let first = meter.enqueue(Enqueue { claim: Some(claim(1, 1)), ..bare(1, QUEUE) });
    assert!(matches!(first.answer, Enqueued::Claimed(_)), "{:?}", first.answer);
    assert_eq!(first.statements, [sql::BY_KEY, registration::STATUS, sql::COUNTS, sql::INSERT]);
    let second = meter.enqueue(bare(2, QUEUE));
    assert!(matches!(second.answer, Enqueued::Waiting(_)), "{:?}", second.answer);
    // Whether it is spent was asked before.
    assert_eq!(second.statements, [sql::BY_KEY, sql::INSERT]);

    let again = meter.enqueue(bare(2, QUEUE));
    assert_eq!(again.statements, [sql::BY_KEY]);
    for (n, overlap) in [(3, Overlap::Coalesce), (4, Overlap::KeepLatest)] {
        let counted = meter.enqueue(bare(n, overlap));
        assert!(matches!(counted.answer, Enqueued::Coalesced(_)), "{:?}", counted.answer);
        assert!(counted.statements.iter().all(|sql| !sql.contains("refusal")), "{:?}", counted.statements);
    }

    let refused = meter.enqueue(bare(5, Overlap::Refuse));
    assert_eq!(refused.answer, Enqueued::Refused(Refusal::CurrentlyRunning));
    assert_eq!(refused.statements, [sql::BY_KEY, refusals::sql::NOTE]);
}

/// A firing that nobody says again, without arguments: most are so.
fn fresh(n: u128) -> Enqueue {
    let mut ask = ask(firing(n, 1, 1), QUEUE);
    ask.firing.key = ask.firing.id.to_string();
    ask.firing.details = TriggerDetails::Application(vec![]);
    ask
}

#[test]
fn the_run_of_a_fresh_request_is_three_statements() {
    use activations::sql;
    let mut meter = Meter::new(0);
    meter.register(1);
    let first = meter.enqueue(Enqueue { claim: Some(claim(1, 1)), ..fresh(1) });
    let Enqueued::Claimed(lease) = first.answer else { panic!("{:?}", first.answer) };
    meter.run(|tx| ledger::finish(tx, &succeeded(&lease)));
    let second = meter.enqueue(Enqueue { claim: Some(claim(2, 2)), ..fresh(2) });
    let Enqueued::Claimed(lease) = second.answer else { panic!("{:?}", second.answer) };
    assert_eq!(second.statements, [sql::INSERT]);
    assert_eq!(lease.activation.details, TriggerDetails::Application(vec![]));
    let ended = meter.run(|tx| ledger::finish(tx, &succeeded(&lease)));
    assert!(matches!(ended.answer, Finished::Completed(_)), "{:?}", ended.answer);
    assert_eq!(ended.statements, [sql::UPDATE, ledger::sql::RECORD]);
    // Said again all the same, it is one.
    let again = meter.enqueue(fresh(2));
    assert_eq!(again.answer, Enqueued::Duplicate(lease.activation.id));
    // What is at hand is what is written.
    let (_, written) =
        activations::find(&meter.conn, lease.activation.id).expect("it works").expect("it is there");
    assert_eq!(written.details, TriggerDetails::Application(vec![]));
}

/// The steps of each command with `others` registrations besides, by name.
fn steps(others: u32) -> Vec<(&'static str, i32)> {
    let mut meter = Meter::new(others);
    let mut steps = vec![];
    let mut note = |name, cost: i32| steps.push((name, cost));
    note("save a new one", meter.run(|tx| registrations::save(tx, &record(1))).steps);
    note("save it again", meter.run(|tx| registrations::save(tx, &record(1))).steps);
    note("advance", meter.run(|tx| registrations::advance(tx, registration(1), at(9))).steps);
    note("spend", meter.run(|tx| registrations::spend(tx, registration(1))).steps);
    for name in ["first refusal", "next refusal"] {
        let refused = meter.enqueue(ask(firing(1, 1, 1), QUEUE));
        assert_eq!(refused.answer, Enqueued::Refused(Refusal::Spent));
        note(name, refused.steps);
    }
    let refusals = meter.run(|tx| refusals::of(tx.conn, registration(1)));
    assert_eq!(refusals.answer.iter().map(|refusal| refusal.count).collect::<Vec<_>>(), [2]);
    note("list refusals", refusals.steps);
    note("remove it", meter.run(|tx| registrations::remove(tx, registration(1), at(1))).steps);
    for n in [1, 2] {
        meter.register(n);
    }
    meter.enqueue(ask(firing(1, 1, 1), QUEUE));
    let removed = meter.run(|tx| apps::remove(tx, &app(), at(9)));
    assert_eq!(removed.answer.withdrawn.len(), 1);
    note("remove an app of two", removed.steps);
    let nobody = AppId::new("org.example.nobody").expect("the name is valid");
    note("remove an app of none", meter.run(|tx| apps::remove(tx, &nobody, at(9))).steps);
    steps
}

#[test]
fn a_command_costs_the_same_beside_a_hundred_thousand_registrations() {
    let few = steps(10);
    assert!(few.iter().all(|(_, steps)| *steps > 0), "the meter runs: {few:?}");
    assert_eq!(few, steps(100_000));
}

#[test]
fn no_statement_is_compiled_again_because_another_limit_is_bound() {
    let meter = Meter::new(0);
    crate::open::prepare_to_read(&meter.conn).expect("it can be read");
    let mut statement = meter.conn.prepare(activations::sql::WAITING_WHOLE).expect("the query is valid");
    for limit in 1..9 {
        let mut rows = statement.query(rusqlite::params![[0_u8; 16], limit]).expect("it runs");
        while rows.next().expect("it runs").is_some() {}
    }
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}
