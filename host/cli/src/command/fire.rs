//! `dormouse fire`.

use std::collections::HashSet;
use std::time::Duration;

use anstream::ColorChoice;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dormouse::{ActivationId, Clock as _, TokioClock};
use dormouse_control::api::{
    CompletionView, EventKindView, EventView, FireRequest, FireResult, FiredView, RegistrationView,
};
use dormouse_control::client::EventsQuery;
use serde_json::Value;
use tokio::runtime::Handle;

use super::follow::{Followed, follow, wait};
use super::run::plan;
use super::which;
use crate::cli::FireArgs;
use crate::control::{self, Connection, Need};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::foreground::{self, Foreground};
use crate::output::escape::escape;
use crate::output::json_line;

/// A host waits for so long at most before it says that there is no end yet.
const ASKED: Duration = Duration::from_secs(50);

pub(crate) fn fire(args: &FireArgs, color: ColorChoice) -> Result<Exit> {
    let request = request(args)?;
    control::with(&args.host, Need::Daemon, async |host| {
        let known = which::find(host, &args.which).await?;
        let (printer, thread, control) = foreground::printer(&args.output, color)?;
        let mut foreground = Foreground::new(printer, control)?;
        let ended = Box::pin(fired(host, args, &known, &request, &mut foreground)).await;
        foreground.close(thread, ended).await
    })
}

fn request(args: &FireArgs) -> Result<FireRequest> {
    let key = args.key.clone();
    if args.arg.is_none() && args.arg_file.is_none() {
        return Ok(FireRequest { key, ..FireRequest::default() });
    }
    Ok(match String::from_utf8(plan::arguments(args.arg.as_deref(), args.arg_file.as_deref())?) {
        Ok(text) => FireRequest { arg: Some(text), arg_base64: None, key },
        Err(bytes) => {
            FireRequest { arg: None, arg_base64: Some(BASE64_STANDARD.encode(bytes.as_bytes())), key }
        }
    })
}

async fn fired(
    host: &Connection,
    args: &FireArgs,
    known: &RegistrationView,
    request: &FireRequest,
    foreground: &mut Foreground,
) -> Result<Exit> {
    // Listening begins before anything happens.
    let query = EventsQuery { registration: Some(known.id), ..EventsQuery::default() };
    let events = if args.follow { Some(host.events(&query).await?) } else { None };
    let fired = host.fire(known.id, request).await?;
    foreground.printer.line(if args.output.json { json_line(&fired)? } else { told(known, &fired) });
    if args.wait.is_none() && !args.follow {
        return Ok(Exit::Success);
    }
    let end = completion(host, fired.activation, args.wait.flatten());
    let ended = match events {
        Some(events) => {
            let mut ours = Ours::of(fired.activation);
            follow(foreground, events, |event| ours.has(event), end).await?
        }
        None => wait(foreground, end).await?,
    };
    match ended {
        Followed::Done(completion) => {
            let exit = Exit::from(&completion.run.outcome);
            if !args.follow {
                if args.output.json {
                    foreground.printer.line(json_line(&completion)?);
                } else {
                    foreground.printer.event(end_of(completion));
                }
            }
            Ok(exit)
        }
        Followed::Stopped(exit) => {
            let id = fired.activation;
            foreground.printer.note(format!("it goes on; `dormouse show {id}` says how it does"));
            Ok(exit)
        }
    }
}

fn told(known: &RegistrationView, fired: &FiredView) -> String {
    let what = match fired.result {
        FireResult::Accepted => "",
        FireResult::Coalesced => ", which waited already and stands for this firing too",
        FireResult::Duplicate => ", which the same firing made before",
    };
    escape(&format!("fired {:?} of {}: activation {}{what}", known.name, known.app, fired.activation))
        .into_owned()
}

/// Waits for the end of an activation, for `at_most` if that is said.
pub(super) async fn completion(
    host: &Connection,
    activation: ActivationId,
    at_most: Option<Duration>,
) -> Result<CompletionView> {
    let clock = TokioClock::new(Handle::current());
    let deadline = at_most.map(|at_most| (at_most, clock.now() + at_most));
    loop {
        let left = deadline.map(|(_, deadline)| deadline.since(clock.now()));
        let wait = left.unwrap_or(ASKED).min(ASKED);
        if let Some(completion) = host.completion(activation, wait).await? {
            return Ok(completion);
        }
        if let Some((at_most, deadline)) = deadline
            && clock.now() >= deadline
        {
            return Err(Failure::new(
                Exit::Failed,
                format!("it did not end within {at_most:?}, and goes on"),
            )
            .help(format!("`dormouse show {activation}` says how it does")));
        }
    }
}

/// The end of an activation as it is told while it happens.
fn end_of(completion: CompletionView) -> EventView {
    let run = completion.run;
    let kind = EventKindView::Ended {
        activation: run.activation,
        run: run.run,
        attempt: run.attempt,
        outcome: run.outcome,
        receipt: Box::new(run.receipt),
    };
    EventView { time: run.ended_at, registration: run.registration, kind }
}

/// What belongs to one activation: events that name it, or one of its runs.
struct Ours {
    activation: Value,
    runs: HashSet<String>,
}

impl Ours {
    fn of(activation: ActivationId) -> Self {
        Self { activation: activation.to_string().into(), runs: HashSet::new() }
    }

    fn has(&mut self, event: &EventView) -> bool {
        let Ok(event) = serde_json::to_value(event) else { return false };
        let run = event.get("run").and_then(Value::as_str);
        match event.get("activation") {
            Some(activation) => {
                let ours = *activation == self.activation;
                self.runs.extend(run.filter(|_| ours).map(str::to_owned));
                ours
            }
            None => run.is_some_and(|run| self.runs.contains(run)),
        }
    }
}

#[cfg(test)]
mod tests {
    use dormouse::core::{EventKind, Timestamp};
    use dormouse::{Event, RegistrationId, RunId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_activation_is_followed_through_its_runs_and_no_others() {
        let activation = |n| ActivationId::from_uuid(Uuid::from_u128(n));
        let run = |n| RunId::from_uuid(Uuid::from_u128(n));
        let mut ours = Ours::of(activation(1));
        let mut has = |kind| {
            let registration = RegistrationId::from_uuid(Uuid::nil());
            ours.has(&EventView::from(&Event { at: Timestamp::EPOCH, registration, kind }))
        };
        assert!(has(EventKind::Fired { activation: activation(1), coalesced: 1 }));
        assert!(!has(EventKind::Started { activation: activation(2), run: run(20), attempt: 1 }));
        assert!(!has(EventKind::Progress { run: run(10), value: 1 }), "it has not started yet");
        assert!(has(EventKind::Started { activation: activation(1), run: run(10), attempt: 1 }));
        assert!(has(EventKind::Progress { run: run(10), value: 1 }));
        assert!(!has(EventKind::Progress { run: run(20), value: 1 }));
        assert!(has(EventKind::Completed { activation: activation(1), success: true }));
        assert!(!has(EventKind::Spent));
    }
}
