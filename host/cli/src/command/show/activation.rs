//! An activation.

use dormouse_control::api::ActivationView;

use crate::command::details::Details;
use crate::command::explain::{ended_line, why};
use crate::control::Connection;
use crate::error::Result;
use crate::output::Page;

pub(super) fn page(host: &Connection, known: &ActivationView, json: bool) -> Result<Page> {
    let mut page = Page::new();
    if json {
        page.json(known)?;
        return Ok(page);
    }
    page.line(format!("activation {}: {}", known.activation.short(), known.state));
    let mut details = Details::new();
    details.row("id", known.activation.to_string());
    details.row("registration", known.registration.to_string());
    details.row("app", known.app.to_string());
    details.row("key", known.key.clone());
    details.row("firings", known.coalesced.to_string());
    details.row_if("scheduled", known.scheduled_for.map(|at| at.to_string()));
    details.row("fired", known.fired_at.to_string());
    details.row_if("waits", known.why.as_ref().map(|waits| why(waits, host.is_daemon())));
    let of = format!("{} failed, {} cut off", known.failures, known.interruptions);
    details.row("attempts", format!("{}, {of}", known.attempts));
    if let (Some(run), Some(since)) = (known.run, known.since) {
        details.row("running", format!("{} since {since}", run.short()));
    }
    details.row_if("ended", known.ended_at.map(|at| at.to_string()));
    details.row_if("outcome", known.outcome.as_ref().map(|outcome| outcome.as_str()));
    for run in &known.runs {
        details.row("run", ended_line(run));
    }
    details.onto(&mut page);
    Ok(page)
}
