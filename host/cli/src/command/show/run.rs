//! A run.

use dormouse_control::api::{OutputView, RunOrRunning};
use serde::Serialize;

use crate::command::details::Details;
use crate::command::logs;
use crate::control::Connection;
use crate::error::Result;
use crate::output::escape::escape;
use crate::output::{Page, receipt_rows};

/// A run, with what it wrote.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    run: &'a RunOrRunning,
    output: &'a OutputView,
}

pub(super) async fn page(host: &Connection, run: &RunOrRunning, json: bool) -> Result<Page> {
    let id = match run {
        RunOrRunning::Ended(run) => run.run,
        RunOrRunning::Running(run) => run.run,
    };
    let output = logs::kept(host, id).await?.unwrap_or_default();
    let mut page = Page::new();
    if json {
        page.json(&Shown { run, output: &output })?;
        return Ok(page);
    }
    let mut details = Details::new();
    match run {
        RunOrRunning::Ended(run) => {
            page.line(escape(&format!("run {}: {}", id.short(), run.text)));
            details.row("id", id.to_string());
            details.row("activation", run.activation.to_string());
            details.row("registration", run.registration.to_string());
            details.row("app", run.app.to_string());
            details.row("attempt", run.attempt.to_string());
            details.row("started", run.started_at.to_string());
            details.row("ended", run.ended_at.to_string());
            details.extend(receipt_rows(&run.outcome, &run.receipt));
        }
        RunOrRunning::Running(run) => {
            page.line(format!("run {}: it goes on", id.short()));
            details.row("id", id.to_string());
            details.row("activation", run.activation.to_string());
            details.row("registration", run.registration.to_string());
            details.row_if("name", run.name.clone());
            details.row_if("app", run.app.as_ref().map(ToString::to_string));
        }
    }
    for (label, text) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        details.row_if(label, Some(text).filter(|text| !text.is_empty()));
    }
    details.onto(&mut page);
    Ok(page)
}
