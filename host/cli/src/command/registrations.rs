//! `dormouse list`.

use anstream::ColorChoice;
use dormouse::core::registration::RegistrationStatus;
use dormouse_control::api::RegistrationView;
use dormouse_control::client::RegistrationsQuery;

use super::listing::list;
use crate::cli::RegistrationsArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Sheet;

pub(crate) fn registrations(args: &RegistrationsArgs, color: ColorChoice) -> Result<Exit> {
    let query = RegistrationsQuery {
        app: args.of.app.clone(),
        group: args.group.clone(),
        ..RegistrationsQuery::default()
    };
    list(&args.host, args.list, color, async |host| host.all_registrations(&query).await, draw)
}

fn draw(all: &[RegistrationView]) -> String {
    let mut sheet = Sheet::new(["ID", "APP", "NAME", "TRIGGER", "CONDITIONS", "STATUS", "NEXT"]);
    for registration in all {
        let conditions: Vec<String> = registration.conditions.iter().map(ToString::to_string).collect();
        sheet.row([
            registration.id.short(),
            registration.app.to_string(),
            registration.name.clone(),
            registration.trigger_text.clone(),
            conditions.join(" "),
            status(registration),
            registration.next.map(|next| next.to_string()).unwrap_or_default(),
        ]);
    }
    sheet.text_or("nothing is registered")
}

fn status(registration: &RegistrationView) -> String {
    let mut status = match (registration.quarantined, registration.status) {
        (Some(_), _) => "in quarantine".to_owned(),
        (None, RegistrationStatus::Active) => "active".to_owned(),
        (None, RegistrationStatus::Spent) => "spent".to_owned(),
    };
    for (count, what) in [(registration.running, "running"), (registration.waiting, "waiting")] {
        if count > 0 {
            status.push_str(&format!(", {count} {what}"));
        }
    }
    status
}
