//! From what somebody writes to what he means: a registration, a run, an activation.

use std::collections::BTreeSet;

use dormouse::{ActivationId, AppId, RegistrationId, RunId};
use dormouse_control::api::{ActivationView, RegistrationView, RunOrRunning};
use dormouse_control::client::{DeadLettersQuery, RegistrationsQuery, RunsQuery};

use crate::cli::WhichArgs;
use crate::control::{Connection, each_page, found};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::did_you_mean;

/// The fewest digits of an id's end that are taken for one: what tables show.
const ID_END_LEN: usize = 8;

/// How many of the newest runs, and of the dead letters, are looked through for the end of an id.
const LOOKED_THROUGH: usize = 10_000;

/// How many of them are asked for at once.
const AT_ONCE: usize = 100;

/// The registration that `args` mean.
pub(super) async fn find(host: &Connection, args: &WhichArgs) -> Result<RegistrationView> {
    registration(host, &args.which, args.of.app.as_ref()).await
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

/// The run or the activation with this id; none if there is none.
async fn of_id(host: &Connection, which: &str) -> Result<Option<Thing>> {
    if let Ok(id) = which.parse::<RunId>()
        && let Some(run) = found(host.run(id).await)?
    {
        return Ok(Some(Thing::Run(run)));
    }
    match which.parse::<ActivationId>() {
        Ok(id) => Ok(found(host.activation(id).await)?.map(|known| Thing::Activation(Box::new(known)))),
        Err(_) => Ok(None),
    }
}

/// The run or the activation whose id ends so; none if there is none, as far as that can be seen: among what runs, what
/// ran last, and what failed for good.
async fn of_end(host: &Connection, which: &str) -> Result<Option<Thing>> {
    let mut alike = Alike::new(which);
    for run in host.running().await?.items {
        alike.look(run.activation, Some((run.run, RunOrRunning::Running(run))));
    }
    if alike.is_empty() {
        let ask = async |limit, before| {
            host.runs(&RunsQuery { limit: Some(limit), before, ..RunsQuery::default() }).await
        };
        each_page(LOOKED_THROUGH, AT_ONCE, ask, |page| {
            for run in page {
                alike.look(run.activation, Some((run.run, RunOrRunning::Ended(Box::new(run)))));
            }
            alike.is_empty()
        })
        .await?;
    }
    if alike.is_empty() {
        let ask = async |limit, before| {
            let limit = Some(limit);
            host.dead_letters(&DeadLettersQuery { limit, before, ..DeadLettersQuery::default() }).await
        };
        each_page(LOOKED_THROUGH, AT_ONCE, ask, |page| {
            page.iter().for_each(|dead| alike.look(dead.activation.activation, None));
            alike.is_empty()
        })
        .await?;
    }
    match alike.one()? {
        Some(Meant::Run(run)) => Ok(Some(Thing::Run(*run))),
        Some(Meant::Activation(id)) => {
            Ok(found(host.activation(id).await)?.map(|known| Thing::Activation(Box::new(known))))
        }
        None => Ok(None),
    }
}

/// What has an id that ends as was asked.
struct Alike<'a> {
    which: &'a str,
    runs: Vec<RunOrRunning>,
    /// Each once, however often it was tried.
    activations: BTreeSet<ActivationId>,
}

/// What an id's end stands for.
enum Meant {
    Run(Box<RunOrRunning>),
    Activation(ActivationId),
}

impl<'a> Alike<'a> {
    const fn new(which: &'a str) -> Self {
        Self { which, runs: Vec::new(), activations: BTreeSet::new() }
    }

    fn look(&mut self, activation: ActivationId, run: Option<(RunId, RunOrRunning)>) {
        if ends(activation, self.which) {
            self.activations.insert(activation);
        }
        self.runs.extend(run.filter(|(id, _)| ends(id, self.which)).map(|(_, run)| run));
    }

    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.activations.is_empty()
    }

    /// The only one; none if there is none.
    fn one(mut self) -> Result<Option<Meant>> {
        if self.runs.len() + self.activations.len() > 1 {
            let text = format!("several runs and activations end with `{}`", self.which);
            return Err(Failure::new(Exit::Usage, text)
                .help("write the whole id: `dormouse runs --json` and `dormouse dead --json` have it"));
        }
        let activation = self.activations.pop_first().map(Meant::Activation);
        Ok(self.runs.pop().map(Box::new).map(Meant::Run).or(activation))
    }
}

/// What somebody may name.
pub(super) enum Thing {
    Registration(Box<RegistrationView>),
    Run(RunOrRunning),
    Activation(Box<ActivationView>),
}

/// The registration, the run or the activation that is meant. More often than not it is a name.
pub(super) async fn thing(host: &Connection, which: &str, app: Option<&AppId>) -> Result<Thing> {
    let none = match registration(host, which, app).await {
        Ok(registration) => return Ok(Thing::Registration(Box::new(registration))),
        Err(none) if none.is_about_nothing() => none,
        Err(failure) => return Err(failure),
    };
    let one = match of_id(host, which).await? {
        None if is_end(which) && which.parse::<RunId>().is_err() => of_end(host, which).await?,
        one => one,
    };
    let of = app.map(|app| format!(" of app `{app}`")).unwrap_or_default();
    one.ok_or_else(|| none.saying(format!("there is no registration{of}, run or activation `{which}`")))
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

    #[test]
    fn an_end_that_several_ids_have_is_none_of_them() {
        let id = |text: &str| text.parse::<ActivationId>().expect("an id");
        let one = id("0192d2b0-7c1e-7e4a-8a53-5f0b1a2b3c4d");
        let looked = |ids: &[ActivationId]| {
            let mut alike = Alike::new("1a2b3c4d");
            ids.iter().for_each(|id| alike.look(*id, None));
            alike.one().map(|meant| matches!(meant, Some(Meant::Activation(id)) if id == one))
        };
        // Each of its runs names it.
        assert_eq!(looked(&[one, one]).ok(), Some(true));
        assert_eq!(looked(&[id("0192d2b0-7c1e-7e4a-8a53-5f0b11111111")]).ok(), Some(false));
        let other = id("0192d2b0-7c1e-7e4a-8a53-000b1a2b3c4d");
        assert_eq!(looked(&[one, other]).err().map(|failure| failure.exit()), Some(Exit::Usage));
    }
}
