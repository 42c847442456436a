//! `dormouse list`.

use anstream::ColorChoice;
use dormouse::core::registration::RegistrationStatus;
use dormouse_control::api::{Moment, RegistrationView};
use dormouse_control::client::RegistrationsQuery;
use futures::StreamExt as _;
use futures::stream;
use serde::Serialize;

use super::listing::list;
use crate::cli::RegistrationsArgs;
use crate::control::{Connection, found};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Sheet;

/// How many registrations are asked about at once.
const AT_ONCE: usize = 8;

/// A registration, with what comes and what goes on.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    registration: RegistrationView,
    /// How many activations wait.
    waiting: usize,
    /// How many run.
    running: usize,
    /// It is in quarantine.
    quarantined: bool,
    /// When its schedule fires next.
    next: Option<Moment>,
}

pub(crate) fn registrations(args: &RegistrationsArgs, color: ColorChoice) -> Result<Exit> {
    let query = RegistrationsQuery {
        app: args.app.clone(),
        group: args.group.clone(),
        ..RegistrationsQuery::default()
    };
    list(&args.host, args.list, color, async |host| fetch(host, &query).await, draw)
}

async fn fetch(host: &Connection, query: &RegistrationsQuery) -> Result<Vec<Listed>> {
    let all = host.all_registrations(query).await?;
    let listed = stream::iter(all).map(|registration| async {
        // None if it was removed meanwhile.
        let known = found(host.explain(registration.id, Some(0)).await)?;
        Ok(known.map(|known| Listed {
            registration,
            waiting: known.waiting.len(),
            running: known.running.len(),
            quarantined: known.quarantined.is_some(),
            next: known.next,
        }))
    });
    let listed: Vec<Result<Option<Listed>>> = listed.buffered(AT_ONCE).collect().await;
    listed.into_iter().filter_map(Result::transpose).collect()
}

fn draw(all: &[Listed]) -> String {
    let mut sheet = Sheet::new(["ID", "APP", "NAME", "TRIGGER", "CONDITIONS", "STATUS", "NEXT"]);
    for listed in all {
        let registration = &listed.registration;
        let conditions: Vec<String> = registration.conditions.iter().map(ToString::to_string).collect();
        sheet.row([
            registration.id.short(),
            registration.app.to_string(),
            registration.name.clone(),
            registration.trigger_text.clone(),
            conditions.join(" "),
            status(listed),
            listed.next.map(|next| next.to_string()).unwrap_or_default(),
        ]);
    }
    sheet.text_or("nothing is registered")
}

fn status(listed: &Listed) -> String {
    let mut status = match (listed.quarantined, listed.registration.status) {
        (true, _) => "in quarantine".to_owned(),
        (false, RegistrationStatus::Active) => "active".to_owned(),
        (false, RegistrationStatus::Spent) => "spent".to_owned(),
    };
    for (count, what) in [(listed.running, "running"), (listed.waiting, "waiting")] {
        if count > 0 {
            status.push_str(&format!(", {count} {what}"));
        }
    }
    status
}
