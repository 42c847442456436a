//! A registration in full.

use dormouse::{LimitsRequest, Overlap};
use dormouse_control::api::{ExplanationView, LimitsView, QuotaView, RegistrationView, RetryView};
use serde::Serialize;

use crate::command::details::Details;
use crate::command::explain::{ended_line, entry_point};
use crate::command::quota::left;
use crate::control::{Connection, found};
use crate::error::Result;
use crate::output::escape::escape;
use crate::output::{Page, millis, receipt_rows};

/// How many of its newest runs are shown.
const HISTORY: usize = 5;

/// A registration with all that is known of it.
#[derive(Serialize)]
struct Shown<'a> {
    registration: &'a RegistrationView,
    explanation: &'a ExplanationView,
    quota: Option<&'a QuotaView>,
}

pub(super) async fn page(host: &Connection, registration: &RegistrationView, json: bool) -> Result<Page> {
    let explanation = host.explain(registration.id, Some(HISTORY)).await?;
    let quota = found(host.quota(&registration.app).await)?;
    let mut page = Page::new();
    if json {
        page.json(&Shown { registration, explanation: &explanation, quota: quota.as_ref() })?;
        return Ok(page);
    }
    page.line(escape(&explanation.verdict));
    let mut details = Details::new();
    said(registration, &mut details);
    known(&explanation, &mut details);
    if let Some(quota) = &quota {
        details.row("quota", left(quota));
    }
    if let Some(last) = explanation.history.first() {
        details.row("last run", last.run.to_string());
        details.extend(receipt_rows(&last.outcome, &last.receipt));
    }
    details.onto(&mut page);
    Ok(page)
}

/// What was registered.
fn said(registration: &RegistrationView, details: &mut Details) {
    details.row("name", registration.name.clone());
    details.row("id", registration.id.to_string());
    details.row("app", registration.app.to_string());
    details.row_if("group", registration.group.clone());
    details.row("entry point", entry_point(registration.entry_point.as_deref()));
    details.row("trigger", registration.trigger_text.clone());
    details.row("overlap", overlap(registration.overlap));
    if registration.cancel_on_condition_loss {
        details.row("on loss", "a run is cancelled when a condition stops to hold");
    }
    details.row_if("limits", limits(&registration.limits));
    details.row("retry", retry(&registration.retry));
    for name in &registration.env {
        details.row("env", name.clone());
    }
    for arg in &registration.args {
        details.row("arg", arg.clone());
    }
    details.row("registered", registration.registered_at.to_string());
}

/// What became of it.
fn known(explanation: &ExplanationView, details: &mut Details) {
    details.row("status", explanation.status.as_str());
    let crashes =
        explanation.quarantined.map(|crashes| format!("the host fell {crashes} times while it ran"));
    details.row_if("quarantine", crashes);
    let access = explanation.access.map(|access| access.to_string());
    details.row("access", access.unwrap_or_else(|| "the app is not installed".to_owned()));
    for state in &explanation.conditions {
        details.row("condition", format!("{} is {}", state.condition, state.holds));
    }
    details.row_if("next", explanation.next.map(|next| next.to_string()));
    let refused: u64 = explanation.refusals.iter().map(|refused| refused.count).sum();
    let (waiting, running) = (explanation.waiting.len(), explanation.running.len());
    details.row("counts", format!("{waiting} waiting, {running} running, {refused} firings refused"));
    for ended in &explanation.history {
        details.row("ended", ended_line(ended));
    }
}

fn overlap(overlap: Overlap) -> String {
    match overlap {
        Overlap::Coalesce => "coalesce".to_owned(),
        Overlap::KeepLatest => "keep-latest".to_owned(),
        Overlap::Refuse => "refuse".to_owned(),
        Overlap::Queue { max } => format!("queue:{max}"),
        Overlap::Parallel { max } => format!("parallel:{max}"),
    }
}

/// What it asks for beside its class; none if that is nothing.
fn limits(limits: &LimitsView) -> Option<String> {
    // What does not fit is of another version, and not shown.
    let asked = LimitsRequest::try_from(limits).unwrap_or_default();
    let said: Vec<String> =
        asked.written().into_iter().map(|(key, value)| format!("{key} {value}")).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn retry(retry: &RetryView) -> String {
    match retry.max_attempts.saturating_sub(1) {
        0 => "not at all".to_owned(),
        times => {
            let (first, longest) = (millis(retry.initial_ms), millis(retry.max_ms));
            format!("up to {times} times, after {first} first and {longest} at most")
        }
    }
}
