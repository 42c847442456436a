//! `dormouse runs`.

use std::collections::HashMap;

use anstream::ColorChoice;
use dormouse::RegistrationId;
use dormouse_control::api::{Moment as At, RunOrRunning};
use dormouse_control::client::{RegistrationsQuery, RunsQuery};
use serde::Serialize;

use super::listing::list;
use super::which;
use crate::cli::RunsArgs;
use crate::control::{Connection, pages};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Sheet, millis};
use crate::parse::Moment;

/// A run, with the name of its registration if that is still there.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    run: RunOrRunning,
    #[serde(skip)]
    name: Option<String>,
}

pub(crate) fn runs(args: &RunsArgs, color: ColorChoice) -> Result<Exit> {
    list(&args.host, args.list, color, async |host| fetch(host, args).await, draw)
}

/// What goes on first, if nothing speaks against it; then what ended, the newest first.
async fn fetch(host: &Connection, args: &RunsArgs) -> Result<Vec<Listed>> {
    let registration = match &args.which {
        Some(which) => Some(which::registration(host, which, args.of.app.as_ref()).await?.id),
        None => None,
    };
    let since = moment(host, args.since).await?;
    let until = moment(host, args.until).await?;
    let mut all: Vec<RunOrRunning> = Vec::new();
    if args.outcome.is_none() && until.is_none() {
        let running = host.running().await?.items.into_iter();
        let running = running.filter(|run| registration.is_none_or(|id| run.registration == id));
        let running = running.filter(|run| args.of.app.is_none() || run.app == args.of.app);
        all.extend(running.map(RunOrRunning::Running));
    }
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let ended = pages(limit, async |limit, before| {
        let (app, outcome) = (args.of.app.clone(), args.outcome);
        let limit = Some(limit);
        let query =
            RunsQuery { app, registration, since, until, outcome, limit, before, ..RunsQuery::default() };
        host.runs(&query).await
    });
    all.extend(ended.await?.into_iter().map(|run| RunOrRunning::Ended(Box::new(run))));
    let names = if args.list.json { HashMap::new() } else { names(host).await? };
    let listed = all.into_iter().map(|run| {
        let name = match &run {
            RunOrRunning::Ended(run) => names.get(&run.registration).cloned(),
            RunOrRunning::Running(run) => run.name.clone(),
        };
        Listed { run, name }
    });
    Ok(listed.collect())
}

/// The moment that is meant, by the host's clock.
async fn moment(host: &Connection, asked: Option<Moment>) -> Result<Option<At>> {
    Ok(match asked {
        Some(Moment::At(moment)) => Some(At(moment)),
        Some(ago) => Some(At(ago.before(host.host().await?.now.0))),
        None => None,
    })
}

async fn names(host: &Connection) -> Result<HashMap<RegistrationId, String>> {
    let all = host.all_registrations(&RegistrationsQuery::default()).await?;
    Ok(all.into_iter().map(|known| (known.id, known.name)).collect())
}

fn draw(all: &[Listed]) -> String {
    let mut sheet = Sheet::new(["RUN", "APP", "NAME", "ATTEMPT", "STARTED", "WALL", "CPU", "OUTCOME"]);
    for Listed { run, name } in all {
        let name = name.clone();
        sheet.row(match run {
            RunOrRunning::Ended(run) => [
                run.run.short(),
                run.app.to_string(),
                name.unwrap_or_else(|| run.registration.short()),
                run.attempt.to_string(),
                run.started_at.to_string(),
                millis(run.receipt.wall_ms),
                millis(run.receipt.cpu_ms),
                run.text.lines().next().unwrap_or_default().to_owned(),
            ],
            RunOrRunning::Running(run) => [
                run.run.short(),
                run.app.as_ref().map(ToString::to_string).unwrap_or_default(),
                name.unwrap_or_else(|| run.registration.short()),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                "running".to_owned(),
            ],
        });
    }
    sheet.text_or("nothing ran")
}
