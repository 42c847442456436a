//! Tables and indexes, and the way from one version of them to the next.
//!
//! Moments are microseconds since the Unix epoch, ids are their 16 bytes. A partial index is used only by
//! a query that repeats its `where` word for word; `plans.rs` tests that each query finds its own.

use dormouse_core::station::pass;
use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as Dormouse's: "dorm", in `pragma application_id`.
pub(crate) const APPLICATION_ID: i32 = 0x646f_726d;

/// What leads from each version to the next; the first, from an empty file. Never edit one that was
/// released: append another.
pub(crate) const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5, V6];

/// The version that this code reads and writes.
pub(crate) const VERSION: i32 = MIGRATIONS.len() as i32;

/// Passed inside each step before its commit, and after it.
const STATION: &str = "migrate";

/// Brings the file to [`VERSION`], one transaction for each step, so that an end in between loses nothing.
/// Answers the version that was there.
pub(crate) fn migrate(conn: &mut Connection) -> rusqlite::Result<i32> {
    let found: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (version, step) in (1..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", version)?;
        pass(STATION);
        tx.commit()?;
        pass(STATION);
    }
    Ok(found)
}

const V1: &str = "
create table registration (
    id blob primary key not null,
    spent integer not null,
    watermark integer not null,
    body text not null                  -- Registration as JSON
) strict;

create table activation (
    n integer primary key,              -- in order of arrival
    id blob not null unique,
    registration blob not null,         -- may be gone: history outlives it
    app text not null,
    key text not null,
    coalesced integer not null,
    scheduled_for integer,
    fired_at integer not null,
    not_before integer not null,
    failures integer not null,
    interruptions integer not null,
    fence integer not null,
    state integer not null,             -- 0 pending, 1 running, 2 ended, 3 withdrawn
    run blob,                           -- these four while it runs
    node blob,
    since integer,
    until integer,
    outcome text,                       -- once it ended: Outcome as JSON
    over_at integer,                    -- once it is over
    unique (registration, key),
    check (state between 0 and 3),
    check ((state = 1) = (run is not null and node is not null and since is not null and until is not null)),
    check ((state = 2) = (outcome is not null)),
    check ((state in (2, 3)) = (over_at is not null))
) strict;
create index activation_pending on activation (fired_at, id) where state = 0;
create index activation_waiting on activation (registration, fired_at, id) where state = 0;
create index activation_backoff on activation (not_before) where state = 0;
create index activation_running on activation (until, id, node, registration) where state = 1;

-- What came with a firing, apart from the row that each transition rewrites. No row: nothing came.
create table details (
    n integer primary key references activation (n) on delete cascade,
    head text not null,                 -- all but the payload, as JSON
    payload blob
) strict;

-- Keys of firings that were counted into an activation, the newest of each.
create table coalesced_key (
    registration blob not null,
    key text not null,
    n integer not null references activation (n) on delete cascade,
    place integer not null,
    primary key (registration, key)
) strict, without rowid;
create unique index coalesced_key_place on coalesced_key (n, place);

-- Runs in the order in which they ended. Those that ended an activation are the journal, and their place
-- is the completion's cursor.
create table run (
    place integer primary key,
    id blob not null,
    activation blob not null,
    registration blob not null,
    app text not null,
    attempt integer not null,
    fence integer not null,
    started_at integer not null,
    ended_at integer not null,
    outcome text not null,              -- as JSON
    receipt text not null,              -- as JSON
    accepted integer not null,          -- 0: its lease was taken away
    coalesced integer                   -- the activation's, if this run ended it
) strict;
create index run_activation on run (activation);
create index run_registration on run (registration);
create index run_completion on run (place) where coalesced is not null;

create table subscriber (
    name text primary key not null,
    cursor integer not null
) strict, without rowid;
";

const V2: &str = "
-- The app of the body, to find what goes with an app. Null: the body makes no sense, which is told where it
-- is read.
alter table registration add column app text;
update registration set app = body ->> '$.app' where json_valid(body);
create index registration_app on registration (app, id);

create table app (
    app text primary key not null,
    body text not null                  -- AppRecord as JSON
) strict, without rowid;

-- Firings that started nothing: a row for each reason, however many there are.
create table refusal (
    registration blob not null references registration (id) on delete cascade,
    reason text not null,               -- Refusal by its name
    count integer not null,
    first_at integer not null,
    last_at integer not null,
    primary key (registration, reason)
) strict, without rowid;
";

const V3: &str = "
alter table registration add column crashes integer not null default 0;

-- How a run ended, for the indexes: it is in the outcome already. 6: that makes no sense, which is told where it
-- is read. Each list is a piece of an index, or is merged from one piece for each kind.
alter table run add column kind integer generated always as (
    case when outcome = '{\"outcome\":\"succeeded\"}' then 0     -- nearly all, and need not be parsed
    when json_valid(outcome) then
        case outcome ->> '$.outcome'
            when 'succeeded' then 0 when 'failed' then 1 when 'canceled' then 2
            when 'trapped' then 3 when 'deferral-abandoned' then 4 when 'interrupted' then 5
            else 6
        end
    else 6 end
) virtual;
drop index run_registration;
drop index run_completion;
create index run_id on run (id);
create index run_ended on run (kind, ended_at);
create index run_app_ended on run (app, kind, ended_at);
create index run_registration_ended on run (registration, kind, ended_at);
-- Runs that another attempt followed. They are so few that the journal passes them by.
create index run_attempt on run (ended_at) where coalesced is null;

alter table activation add column backoff_since integer not null default 0;
alter table activation add column dead integer not null default 0;   -- 1: a dead letter
create index activation_dead on activation (over_at, id) where dead = 1;
create index activation_dead_app on activation (app, over_at, id) where dead = 1;
create index activation_dead_registration on activation (registration, over_at, id) where dead = 1;
create index activation_withdrawn on activation (over_at, id) where state = 3;
update activation set dead = 1
where state = 2 and json_valid(outcome) and registration in (select id from registration)
    and (outcome ->> '$.outcome' in ('failed', 'trapped', 'deferral-abandoned')
        or outcome ->> '$.outcome' = 'canceled'
            and outcome ->> '$.cancellation.reason' = 'execution-time-exceeded');

-- What a run wrote. No row: nothing was kept.
create table output (
    place integer primary key references run (place) on delete cascade,
    stdout blob not null,
    stderr blob not null
) strict;

-- One row: what remains of the runs that were let go of.
create table pruned (
    one integer primary key check (one = 1),
    runs integer not null,              -- how many
    last_place integer not null,        -- the newest one's
    floor integer not null              -- the newest one's that was a completion
) strict;
insert into pruned select 1, coalesce(max(place), 0) - count(*), 0, 0 from run;

create table webhook (
    name text primary key not null,
    body text not null                  -- Webhook as JSON
) strict, without rowid;

create table undelivered (
    webhook text not null references webhook (name) on delete cascade,
    cursor integer not null,
    body text not null,                 -- Undelivered as JSON
    unique (webhook, cursor)
) strict;
";

const V4: &str = "
create table quota (
    app text primary key not null,
    body text not null                  -- QuotaState as JSON
) strict, without rowid;

create table setting (
    app text not null,
    name text not null,
    value blob not null,
    primary key (app, name)
) strict, without rowid;
";

const V5: &str = "
create table app_state (
    app text primary key not null,
    body text not null                  -- AppStateRecord as JSON
) strict, without rowid;
";

const V6: &str = "
-- 1: a request without arguments, as most are. It has no row in details.
alter table activation add column requested integer not null default 0;
";
