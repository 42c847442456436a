//! What an installation came to.

use dormouse_control::api::{CompletionView, InstallationView};
use dormouse_control::client::RegistrationsQuery;
use serde::Serialize;

use super::{Taking, What};
use crate::command::app::kinds;
use crate::command::quota::left;
use crate::command::register::never;
use crate::control::found;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::escape::escape;
use crate::output::json_line;

/// For programs.
#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    #[serde(flatten)]
    done: &'a InstallationView,
    /// How the update task ended, if it ran.
    updated: Option<&'a CompletionView>,
}

/// Tells it, and answers what to exit with.
pub(super) async fn tell(
    taking: &Taking<'_>,
    done: &InstallationView,
    updated: Option<&CompletionView>,
) -> Result<Exit> {
    if taking.args.output.json {
        let event = match (done.unchanged, taking.what) {
            (true, _) => "unchanged",
            (false, What::Install) => "installed",
            (false, What::Update { .. }) => "updated",
        };
        taking.printer.line(json_line(&Told { event, done, updated })?);
    } else {
        people(taking, done).await?;
    }
    Ok(updated.map_or(Exit::Success, |completion| Exit::from(&completion.run.outcome)))
}

async fn people(taking: &Taking<'_>, done: &InstallationView) -> Result<()> {
    let line = |text: String| taking.printer.line(escape(&text));
    match (&done.from, done.unchanged) {
        (_, true) => line(format!("{} {} is installed already: nothing changed", done.app, done.version)),
        (Some(from), false) => line(format!("updated {} from {from} to {}", done.app, done.version)),
        (None, false) => line(format!("installed {} {}", done.app, done.version)),
    }
    let query = RegistrationsQuery { app: Some(done.app.clone()), ..RegistrationsQuery::default() };
    let names = taking.host.all_registrations(&query).await?;
    for id in &done.registered {
        let name = names.iter().find(|known| known.id == *id).map(|known| known.name.as_str());
        line(format!("  registered   {:?} ({})", name.unwrap_or_default(), id.short()));
    }
    if !done.newly_taken.is_empty() {
        line(format!("  newly takes  activations: {}", kinds(&done.newly_taken)));
    }
    if let Some(quota) = found(taking.host.quota(&done.app).await)? {
        line(format!("  quota        {}, set by the {}", left(&quota), quota.set_by));
    }
    for gone in &done.dropped {
        line(format!("  dropped      {:?}: {}", gone.name, gone.reason));
    }
    for what in &done.not_granted {
        let flag = if what.starts_with("directory") { "--dir GUEST=PATH" } else { "--env NAME=VALUE" };
        line(format!("  not granted  {what}: install or update with {flag}"));
    }
    for found in &done.contradictions {
        line(format!("  {}", never(found)));
    }
    Ok(())
}
