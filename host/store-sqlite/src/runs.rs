//! Lists of runs, the one that ended last first.

use dormouse_core::completion::RunOutput;
use dormouse_core::ids::{AppId, RunId};
use dormouse_core::outcome::OutcomeKind;
use dormouse_core::store::{ListedRun, RunFilter};
use rusqlite::{Connection, named_params};

use crate::errors::Fault;
use crate::rows::{
    StoredRun, activation_bytes, collect, first, limit, registration_bytes, run, run_bytes, run_columns,
    signed, unsigned,
};

/// The queries whose plans are tested, with [`list`](super::list).
pub(crate) mod sql {
    use crate::rows::runs;

    pub(crate) const OF_ACTIVATION: &str = runs!(
        "indexed by run_activation where r.activation = :activation
         and (:registration is null or r.registration = :registration) and (:app is null or r.app = :app)
         and (:kind is null or r.kind = :kind)
         and r.ended_at >= :since and (r.ended_at, r.place) < (:before, :place)
         order by r.ended_at desc, r.place desc limit :limit"
    );
    pub(crate) const RUN: &str = runs!("indexed by run_id where r.id = ?1 order by r.place desc limit 1");
    pub(crate) const COUNT: &str =
        "select count(*) from (select 1 from run indexed by run_app_ended where app = ?1 limit ?2)";
    pub(crate) const OUTPUT: &str = "select o.stdout, o.stderr from run as r indexed by run_id
        join output as o on o.place = r.place where r.id = ?1 order by r.place desc limit 1";
}

/// What a list is of. Each has an index that begins with it, goes on with the kind of outcome and ends with the
/// moment: a list of one kind is a piece of it, and one of all kinds is merged from a piece of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    All,
    App,
    Registration,
}

/// How many kinds `run.kind` tells apart: those of [`OutcomeKind`], and an outcome that makes no sense, which is
/// listed so that it is told.
pub(crate) const KINDS: usize = OutcomeKind::ALL.len() + 1;

/// The number of those that succeeded, which are nearly all.
pub(crate) const SUCCEEDED: i64 = number(OutcomeKind::Succeeded) as i64;

/// The number of a kind in `run.kind`.
const fn number(kind: OutcomeKind) -> usize {
    match kind {
        OutcomeKind::Succeeded => 0,
        OutcomeKind::Failed => 1,
        OutcomeKind::Canceled => 2,
        OutcomeKind::Trapped => 3,
        OutcomeKind::DeferralAbandoned => 4,
        OutcomeKind::Interrupted => 5,
    }
}

/// The query of a list, of one kind or of all. `app` can be asked beside a registration.
pub(crate) fn list_sql(of: Of, kind: Option<usize>) -> String {
    let (index, scope) = match of {
        Of::All => ("run_ended", ""),
        Of::App => ("run_app_ended", "app = :app and "),
        Of::Registration => ("run_registration_ended", "registration = :registration and "),
    };
    let piece = |kind: usize| {
        format!(
            "select place, ended_at from run indexed by {index} where {scope}kind = {kind} \
             and ended_at >= :since and (ended_at, place) < (:before, :place)"
        )
    };
    let kinds = kind.map_or(0..KINDS, |kind| kind..kind + 1);
    let pieces: Vec<_> = kinds.map(piece).collect();
    // Only as many rows are fetched as are listed: what is merged are entries of the index.
    format!(
        "select {} from ({} order by ended_at desc, place desc limit :limit) as f \
         cross join run as r on r.place = f.place",
        run_columns!(),
        pieces.join(" union all ")
    )
}

pub(crate) fn list(conn: &Connection, filter: &RunFilter, count: usize) -> Result<Vec<ListedRun>, Fault> {
    let RunFilter { registration, activation, app, since, until, outcome, before } = filter;
    let registration = registration.as_ref().map(registration_bytes);
    let app = app.as_ref().map(|app| app.as_str());
    let kind = outcome.map(number);
    let since = since.map_or(i64::MIN, |since| since.as_micros());
    let before = before.map(|before| (before.ended_at.as_micros(), signed(before.place.0)));
    let until = until.map(|until| (until.as_micros(), 0));
    let (before, place) = before.into_iter().chain(until).min().unwrap_or((i64::MAX, i64::MAX));
    let count = limit(count);
    if let Some(activation) = activation {
        let mut statement = conn.prepare_cached(sql::OF_ACTIVATION)?;
        let activation = activation_bytes(activation);
        let kind = kind.map(limit);
        let rows = statement.query(named_params! {
            ":activation": activation, ":registration": registration, ":app": app, ":kind": kind,
            ":since": since, ":before": before, ":place": place, ":limit": count,
        })?;
        return collect(rows, |row| run(row).map(StoredRun::listed));
    }
    match (registration, app) {
        (Some(registration), app) => {
            if let Some(app) = app
                && !is_of_app(conn, registration, app)?
            {
                return Ok(vec![]);
            }
            let mut statement = conn.prepare_cached(&list_sql(Of::Registration, kind))?;
            let rows = statement.query(named_params! {
                ":registration": registration, ":since": since, ":before": before, ":place": place,
                ":limit": count,
            })?;
            collect(rows, |row| run(row).map(StoredRun::listed))
        }
        (None, Some(app)) => {
            let mut statement = conn.prepare_cached(&list_sql(Of::App, kind))?;
            let rows = statement.query(named_params! {
                ":app": app, ":since": since, ":before": before, ":place": place, ":limit": count,
            })?;
            collect(rows, |row| run(row).map(StoredRun::listed))
        }
        (None, None) => {
            let mut statement = conn.prepare_cached(&list_sql(Of::All, kind))?;
            let rows = statement.query(named_params! {
                ":since": since, ":before": before, ":place": place, ":limit": count,
            })?;
            collect(rows, |row| run(row).map(StoredRun::listed))
        }
    }
}

/// Whether the runs of a registration are of `app`: it has one app as long as it lives, so one run tells.
fn is_of_app(conn: &Connection, registration: &[u8; 16], app: &str) -> Result<bool, Fault> {
    let sql = "select app = ?2 from run indexed by run_registration_ended where registration = ?1 limit 1";
    let is = first(conn.prepare_cached(sql)?.query((registration, app))?, |row| Ok(row.get(0)?))?;
    Ok(is.unwrap_or(false))
}

pub(crate) fn count(conn: &Connection, app: &AppId, most: u64) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(sql::COUNT)?;
    unsigned(statement.query_row((app.as_str(), signed(most)), |row| row.get(0))?)
}

pub(crate) fn find(conn: &Connection, id: RunId) -> Result<Option<ListedRun>, Fault> {
    Ok(first(conn.prepare_cached(sql::RUN)?.query([run_bytes(&id)])?, run)?.map(StoredRun::listed))
}

pub(crate) fn output(conn: &Connection, id: RunId) -> Result<Option<RunOutput>, Fault> {
    first(conn.prepare_cached(sql::OUTPUT)?.query([run_bytes(&id)])?, |row| {
        Ok(RunOutput { stdout: row.get(0)?, stderr: row.get(1)? })
    })
}
