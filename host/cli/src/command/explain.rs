//! `dormouse explain`: why is it not running, why did it stop?

use anstream::ColorChoice;
use dormouse::core::app::lifecycle::AppState;
use dormouse_control::api::{ExplanationView, RunView, WhyView};

use super::details::Details;
use super::which;
use crate::cli::ExplainArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::escape::escape;
use crate::output::{Page, millis};

pub(crate) fn explain(args: &ExplainArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Judge, async |host| {
        let registration = which::find(host, &args.which).await?;
        let known = host.explain(registration.id, Some(args.history.into())).await?;
        let mut page = Page::new();
        if args.json.json {
            page.json(&known)?;
        } else {
            page.line(escape(&known.verdict));
            details(&known, host.is_daemon()).onto(&mut page);
        }
        page.print(color, Exit::Success)
    })
}

/// What is behind the answer.
fn details(known: &ExplanationView, is_daemon: bool) -> Details {
    let mut details = Details::new();
    details.row("name", known.name.clone());
    details.row("id", known.id.to_string());
    details.row("app", known.app.to_string());
    details.row("entry point", entry_point(known.entry_point.as_deref()));
    details.row_if("app state", known.app_state.map(AppState::as_str));
    details.row("trigger", known.trigger_text.clone());
    details.row("status", known.status.as_str());
    let access = known.access.map(|access| access.to_string());
    details.row("access", access.unwrap_or_else(|| "the app is not installed".to_owned()));
    for state in &known.conditions {
        details.row("condition", format!("{} is {}", state.condition, state.holds));
    }
    for waiting in &known.waiting {
        let firings =
            if waiting.coalesced == 1 { String::new() } else { format!(" ({} firings)", waiting.coalesced) };
        let (activation, why) = (waiting.activation.short(), why(&waiting.why, is_daemon));
        details.row("waiting", format!("{activation}, fired at {}{firings}: {why}", waiting.fired_at));
    }
    for running in &known.running {
        let paused = if running.paused { ", paused: its app's CPU time is spent" } else { "" };
        let waits = running.waits.map(|waits| format!(", waits for {waits}")).unwrap_or_default();
        details.row("running", format!("{} since {}{paused}{waits}", running.run.short(), running.since));
    }
    for refused in &known.refusals {
        let times = format!("{}x, first {}, last {}", refused.count, refused.first_at, refused.last_at);
        details.row("refused", format!("{times}: {}", refused.text));
    }
    for ended in &known.history {
        details.row("ended", ended_line(ended));
    }
    details
}

/// Where it runs.
pub(super) fn entry_point(entry_point: Option<&str>) -> &str {
    entry_point.unwrap_or("none: it runs in its app")
}

/// Why it waits. A host that starts nothing cannot be what it is about to start on.
pub(super) fn why(why: &WhyView, is_daemon: bool) -> &str {
    match why.waits_for.as_str() {
        "nothing" if !is_daemon => "starts when a host runs: `dormouse serve`",
        _ => &why.text,
    }
}

/// A run in a line.
pub(super) fn ended_line(ended: &RunView) -> String {
    format!(
        "{} at {}, attempt {}, {} of wall clock, {} of CPU, {}",
        ended.run.short(),
        ended.ended_at,
        ended.attempt,
        millis(ended.receipt.wall_ms),
        millis(ended.receipt.cpu_ms),
        ended.text,
    )
}
