//! `dormouse explain`: why is it not running, why did it stop?

use anstream::ColorChoice;
use dormouse::core::completion::RunRecord;
use dormouse::core::explain::Why;
use dormouse::core::registration::RegistrationStatus;
use dormouse::{Explanation, Outcome};
use serde_json::{Value, json};

use super::which;
use crate::cli::ExplainArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host::{self, host_failed};
use crate::output::escape::escape;
use crate::output::{Page, describe_trigger, outcome_line, span};

pub(crate) fn explain(args: &ExplainArgs, color: ColorChoice) -> Result<Exit> {
    let known = host::idle(&args.home, true, async |host| {
        let registration = which::find(host, &args.which)?;
        let known = host.explain(registration.id).await.map_err(|e| host_failed(&e))?;
        known.ok_or_else(|| Failure::new(Exit::State, format!("registration {} is gone", registration.id)))
    })?;
    let mut page = Page::new();
    if args.json.json {
        page.json(&object(&known, args.history.into()))?;
    } else {
        for line in lines(&known, args.history.into()) {
            page.line(escape(&line));
        }
    }
    page.print(color, Exit::Success)
}

/// For people: the answer first.
fn lines(known: &Explanation, history: usize) -> Vec<String> {
    let registration = &known.registration;
    let mut lines = vec![known.verdict()];
    let mut row = |label: &str, text: String| lines.push(format!("  {label:<12} {text}"));
    row("name", registration.name.clone());
    row("id", registration.id.to_string());
    row("app", registration.app.to_string());
    row("entry point", registration.entry_point.clone());
    row("trigger", describe_trigger(&registration.trigger));
    row("status", status(known.status).to_owned());
    row(
        "access",
        known.access.map_or_else(|| "the app is not installed".to_owned(), |access| access.to_string()),
    );
    for (condition, holds) in &known.conditions {
        row("condition", format!("{condition} is {holds}"));
    }
    for waiting in &known.waiting {
        let firings =
            if waiting.coalesced == 1 { String::new() } else { format!(" ({} firings)", waiting.coalesced) };
        // This process has the state directory, and starts nothing.
        let why = match &waiting.why {
            Why::Nothing => "starts when a host runs: `dormouse serve`".to_owned(),
            why => why.to_string(),
        };
        row(
            "waiting",
            format!("{}, fired at {}{firings}: {why}", waiting.activation.short(), waiting.fired_at),
        );
    }
    for running in &known.running {
        row("running", format!("{} since {}", running.run.short(), running.since));
    }
    for refused in &known.refusals {
        let times = format!("{}x, first {}, last {}", refused.count, refused.first_at, refused.last_at);
        row("refused", format!("{times}: {}", refused.reason));
    }
    for ended in known.history.iter().take(history) {
        row("ended", ended_line(ended));
    }
    lines
}

const fn status(status: RegistrationStatus) -> &'static str {
    match status {
        RegistrationStatus::Active => "active",
        RegistrationStatus::Spent => "spent",
    }
}

fn ended_line(ended: &RunRecord) -> String {
    let why = match &ended.outcome {
        Outcome::Failed(failure) => format!(": {}", failure.message),
        Outcome::Canceled { cancellation, .. } => format!(": {cancellation}"),
        Outcome::Trapped { kind, message } => format!(": {kind}: {message}"),
        _ => String::new(),
    };
    format!(
        "{} at {}, attempt {}, {} of wall clock, {} of CPU, {}{why}",
        ended.run.short(),
        ended.ended_at,
        ended.attempt,
        span(ended.receipt.wall),
        span(ended.receipt.cpu),
        ended.outcome.as_str(),
    )
}

/// For programs: moments in RFC 3339, as in events.
fn object(known: &Explanation, history: usize) -> Value {
    let waiting = known.waiting.iter().map(|waiting| {
        json!({
            "activation": waiting.activation,
            "fired_at": waiting.fired_at.to_string(),
            "coalesced": waiting.coalesced,
            "why": waiting.why.to_string(),
            "blocking": match &waiting.why {
                Why::Conditions { blocking, .. } => json!(blocking),
                _ => Value::Null,
            },
        })
    });
    let refusals = known.refusals.iter().map(|refused| {
        json!({
            "reason": refused.reason,
            "text": refused.reason.to_string(),
            "count": refused.count,
            "first_at": refused.first_at.to_string(),
            "last_at": refused.last_at.to_string(),
        })
    });
    let running = known.running.iter().map(
        |running| json!({ "run": running.run, "since": running.since.to_string(), "paused": running.paused }),
    );
    let ended = known.history.iter().take(history).map(|ended| {
        json!({
            "run": ended.run,
            "activation": ended.activation,
            "attempt": ended.attempt,
            "started_at": ended.started_at.to_string(),
            "ended_at": ended.ended_at.to_string(),
            "outcome": outcome_line(&ended.outcome),
        })
    });
    let conditions = known.conditions.iter();
    json!({
        "verdict": known.verdict(),
        "id": known.registration.id,
        "app": known.registration.app,
        "name": known.registration.name,
        "entry_point": known.registration.entry_point,
        "trigger": known.registration.trigger,
        "status": known.status,
        "access": known.access,
        "next": known.next.map(|next| next.to_string()),
        "conditions": conditions.map(|(condition, holds)| json!({ "condition": condition, "holds": holds })).collect::<Vec<_>>(),
        "waiting": waiting.collect::<Vec<_>>(),
        "running": running.collect::<Vec<_>>(),
        "refusals": refusals.collect::<Vec<_>>(),
        "history": ended.collect::<Vec<_>>(),
    })
}
