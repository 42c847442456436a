//! From what somebody writes to what he means: a registration, a run, an activation.

use dormouse::{ActivationId, AppId, RegistrationId, RunId};
use dormouse_control::api::{ActivationView, RegistrationView, RunOrRunning};
use dormouse_control::client::{RegistrationsQuery, RunsQuery};

use crate::cli::WhichArgs;
use crate::control::{Connection, found, pages};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::did_you_mean;

/// The fewest digits of an id's end that are taken for one: what tables show.
const ID_END_LEN: usize = 8;

/// How many of the newest runs are looked through for the end of an id.
const RUNS_LOOKED_THROUGH: usize = 1_000;

/// The registration that `args` mean.
pub(super) async fn find(host: &Connection, args: &WhichArgs) -> Result<RegistrationView> {
    registration(host, &args.which, args.app.as_ref()).await
}

/// The one registration of this name, with this id, or with an id that ends so.
pub(super) async fn registration(
    host: &Connection,
    which: &str,
    app: Option<&AppId>,
) -> Result<RegistrationView> {
    match of_name(host, which, app).await?.as_slice() {
        [one] => return Ok(one.clone()),
        [] => {}
        several => return Err(ambiguous(which, several)),
    }
    if let Ok(id) = which.parse::<RegistrationId>()
        && let Some(known) = found(host.registration(id).await)?
    {
        return Ok(known);
    }
    let query = RegistrationsQuery { app: app.cloned(), ..RegistrationsQuery::default() };
    let all = host.all_registrations(&query).await?;
    let ending: Vec<RegistrationView> = all.iter().filter(|known| ends(known.id, which)).cloned().collect();
    match ending.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(none(which, app, &all)),
        several => Err(ambiguous(which, several)),
    }
}

/// All that are called `which`; if there are none and it has a slash, those of the app before it that are called as
/// it goes on.
async fn of_name(host: &Connection, which: &str, app: Option<&AppId>) -> Result<Vec<RegistrationView>> {
    let called = async |app: Option<AppId>, name: &str| -> Result<Vec<RegistrationView>> {
        let query = RegistrationsQuery { app, name: Some(name.to_owned()), ..RegistrationsQuery::default() };
        host.all_registrations(&query).await
    };
    let found = called(app.cloned(), which).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    match which.split_once('/').map(|(app, name)| (AppId::new(app), name)) {
        Some((Ok(of), name)) if app.is_none_or(|app| *app == of) => called(Some(of), name).await,
        _ => Ok(found),
    }
}

fn none(which: &str, app: Option<&AppId>, known: &[RegistrationView]) -> Failure {
    let of = app.map(|app| format!(" of app `{app}`")).unwrap_or_default();
    let near = did_you_mean(which, known.iter().map(|known| known.name.as_str()));
    let help = near.unwrap_or_else(|| "`dormouse list` lists them".to_owned());
    Failure::new(Exit::Usage, format!("there is no registration `{which}`{of}")).help(help).nothing()
}

fn ambiguous(which: &str, several: &[RegistrationView]) -> Failure {
    let all: Vec<String> = several.iter().map(|known| format!("{} of {}", known.id, known.app)).collect();
    Failure::new(Exit::Usage, format!("several registrations are `{which}`: {}", all.join(", ")))
        .help("name its --app, or write its id")
}

/// The run with this id or with an id that ends so; none if there is none, as far as that can be seen.
async fn run(host: &Connection, which: &str) -> Result<Option<RunOrRunning>> {
    if let Ok(id) = which.parse::<RunId>() {
        return found(host.run(id).await);
    }
    if !is_end(which) {
        return Ok(None);
    }
    let mut alike: Vec<RunOrRunning> = Vec::new();
    let running = host.running().await?.items;
    alike.extend(running.into_iter().filter(|run| ends(run.run, which)).map(RunOrRunning::Running));
    let ended = pages(RUNS_LOOKED_THROUGH, async |limit, before| {
        host.runs(&RunsQuery { limit: Some(limit), before, ..RunsQuery::default() }).await
    });
    alike.extend(ended.await?.into_iter().filter(|run| ends(run.run, which)).map(RunOrRunning::Ended));
    if alike.len() > 1 {
        return Err(Failure::new(Exit::Usage, format!("several runs end with `{which}`"))
            .help("write the whole id: `dormouse runs --json` has it"));
    }
    Ok(alike.pop())
}

/// What somebody may name.
pub(super) enum Thing {
    Registration(RegistrationView),
    Run(RunOrRunning),
    Activation(ActivationView),
}

/// The registration, the run or the activation that is meant. More often than not it is a name.
pub(super) async fn thing(host: &Connection, which: &str, app: Option<&AppId>) -> Result<Thing> {
    let none = match registration(host, which, app).await {
        Ok(registration) => return Ok(Thing::Registration(registration)),
        Err(none) if none.is_about_nothing() => none,
        Err(failure) => return Err(failure),
    };
    if let Some(run) = run(host, which).await? {
        return Ok(Thing::Run(run));
    }
    if let Ok(id) = which.parse::<ActivationId>()
        && let Some(activation) = found(host.activation(id).await)?
    {
        return Ok(Thing::Activation(activation));
    }
    Err(none)
}

/// Whether `which` may be the end of an id.
fn is_end(which: &str) -> bool {
    which.len() >= ID_END_LEN && which.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Whether `id` ends with `which`.
pub(super) fn ends(id: impl ToString, which: &str) -> bool {
    is_end(which) && id.to_string().ends_with(&which.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_id_is_as_much_as_tables_show() {
        let id: RunId = "0192d2b0-7c1e-7e4a-8a53-5f0b1a2b3c4d".parse().expect("an id");
        assert!(ends(id, "1a2b3c4d") && ends(id, "1A2B3C4D") && ends(id, &id.to_string()));
        assert_eq!(id.short(), "1a2b3c4d");
        for other in ["a2b3c4d", "11111111", "", "zzzzzzzz"] {
            assert!(!ends(id, other), "{other}");
        }
    }
}
