//! `dormouse registrations`.

use anstream::ColorChoice;
use dormouse::core::registration::RegistrationStatus;
use serde_json::json;

use crate::cli::RegistrationsArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host::{self, host_failed};
use crate::output::{Page, Sheet, describe_trigger};

pub(crate) fn registrations(args: &RegistrationsArgs, color: ColorChoice) -> Result<Exit> {
    let all = host::idle(&args.home, false, async |host| {
        let mut all = Vec::new();
        for record in host.registrations() {
            let registration = record.registration;
            if args.app.as_ref().is_some_and(|app| *app != registration.app) {
                continue;
            }
            if let Some(known) = host.explain(registration.id).await.map_err(|e| host_failed(&e))? {
                all.push(known);
            }
        }
        Ok(all)
    })?;
    let mut page = Page::new();
    if args.json.json {
        for known in all {
            page.json(&json!({
                "id": known.registration.id,
                "app": known.registration.app,
                "group": known.registration.group,
                "name": known.registration.name,
                "entry_point": known.registration.entry_point,
                "trigger": known.registration.trigger,
                "conditions": known.registration.conditions,
                "status": known.status,
                "waiting": known.waiting.len(),
                "next": known.next.map(|next| next.to_string()),
            }))?;
        }
        return page.print(color, Exit::Success);
    }
    let mut sheet = Sheet::new(["ID", "APP", "NAME", "TRIGGER", "CONDITIONS", "STATUS", "NEXT"]);
    for known in all {
        let registration = known.registration;
        let conditions: Vec<String> = registration.conditions.iter().map(ToString::to_string).collect();
        let status = match (known.status, known.waiting.len()) {
            (RegistrationStatus::Active, 0) => "active".to_owned(),
            (RegistrationStatus::Active, waiting) => format!("active, {waiting} waiting"),
            (RegistrationStatus::Spent, 0) => "spent".to_owned(),
            (RegistrationStatus::Spent, waiting) => format!("spent, {waiting} waiting"),
        };
        sheet.row([
            registration.id.short(),
            registration.app.to_string(),
            registration.name,
            describe_trigger(&registration.trigger),
            conditions.join(" "),
            status,
            known.next.map(|next| next.to_string()).unwrap_or_default(),
        ]);
    }
    page.line(if sheet.is_empty() { "nothing is registered".to_owned() } else { sheet.text() });
    page.print(color, Exit::Success)
}
