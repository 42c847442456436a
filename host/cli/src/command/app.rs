//! `dormouse app`: leads an app through its life.

mod activation;
mod output;

use anstream::ColorChoice;
use dormouse::core::app::activation::ActivationKind;
use dormouse::core::app::lifecycle::AppState;
use dormouse_control::api::{AppEndView, AppStateView, LaunchRequest, LaunchResult, LaunchedView};
use dormouse_control::client::ClientError;

use super::details::Details;
use crate::cli::{AppArgs, AppCommand, AppLaunchArgs, AppOneArgs};
use crate::control::{self, Connection, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::escape::escape;
use crate::output::{Page, extension, size};

pub(crate) fn app(args: &AppArgs, color: ColorChoice) -> Result<Exit> {
    match &args.command {
        AppCommand::Launch(args) => launch(args, color),
        AppCommand::Show(args) => change(args, color, async |host| host.show_app(&args.app).await, as_asked),
        AppCommand::Hide(args) => change(args, color, async |host| host.hide_app(&args.app).await, hidden),
        AppCommand::Suspend(args) => {
            change(args, color, async |host| host.suspend_app(&args.app).await, suspended)
        }
        AppCommand::Resume(args) => {
            change(args, color, async |host| host.resume_app(&args.app).await, as_asked)
        }
        AppCommand::Close(args) => change(args, color, async |host| host.close_app(&args.app).await, closed),
        AppCommand::Terminate(args) => {
            change(args, color, async |host| host.terminate_app(&args.app).await, as_asked)
        }
        AppCommand::State(args) => state(args, color),
        AppCommand::Output(args) => output::output(args, color),
    }
}

fn launch(args: &AppLaunchArgs, color: ColorChoice) -> Result<Exit> {
    let AppLaunchArgs { one, activation: given, hidden } = args;
    let (arguments, prelaunch) = (given.arguments.clone(), given.prelaunch);
    let activation = activation::activation(given)?;
    let request = LaunchRequest { arguments, activation, prelaunch, hidden: *hidden };
    control::with(&one.host, Need::Daemon, async |host| {
        let launched = host.launch_app(&one.app, &request).await?;
        let mut page = Page::new();
        page.answer(one.json.json, &launched, || vec![came_to(&launched)])?;
        page.print(color, exit(launched.result))
    })
}

/// What is not prelaunched although it could have been asked for is a refusal.
const fn exit(result: LaunchResult) -> Exit {
    match result {
        LaunchResult::Launched | LaunchResult::Prelaunched | LaunchResult::Running => Exit::Success,
        LaunchResult::NotOptedIn | LaunchResult::ShortOfMemory | LaunchResult::NoPlace => Exit::Failed,
    }
}

fn came_to(launched: &LaunchedView) -> String {
    let what = match launched.result {
        LaunchResult::Launched => return told(&launched.app),
        LaunchResult::Prelaunched => "prelaunched",
        LaunchResult::NotOptedIn => "not prelaunched: neither its package nor the app itself agreed to that",
        LaunchResult::Running => "not prelaunched: it is there",
        LaunchResult::ShortOfMemory => "not prelaunched: the machine is short of memory",
        LaunchResult::NoPlace => "not prelaunched: as many apps are there as may be",
    };
    format!("{}: {what}", launched.app.app)
}

/// What is not as it was asked for, and whether that is a failure.
type But = Option<(String, Exit)>;

/// Asks for another state, and says which it is now.
fn change(
    args: &AppOneArgs,
    color: ColorChoice,
    ask: impl AsyncFnOnce(&Connection) -> Result<AppStateView, ClientError>,
    but: fn(&AppStateView) -> But,
) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let view = ask(host).await?;
        let (line, exit) = match but(&view) {
            Some((but, exit)) => (format!("{}: {but}", told(&view)), exit),
            None => (told(&view), Exit::Success),
        };
        let mut page = Page::new();
        page.answer(args.json.json, &view, || vec![line])?;
        page.print(color, exit)
    })
}

const fn as_asked(_: &AppStateView) -> But {
    None
}

fn hidden(view: &AppStateView) -> But {
    (view.leases > 0).then(|| ("somebody else wants to see it".to_owned(), Exit::Success))
}

fn suspended(view: &AppStateView) -> But {
    (view.state != AppState::Suspended)
        .then(|| ("somebody wanted it back meanwhile".to_owned(), Exit::Failed))
}

/// It may have gone wrong on its way.
fn closed(view: &AppStateView) -> But {
    let end = view.last_end.as_ref().filter(|end| end.end != "closed")?;
    Some((format!("it ended before it was closed, by {}", ended(end)), Exit::Failed))
}

fn told(view: &AppStateView) -> String {
    format!("{}: {}", view.app, view.state.as_str())
}

fn state(args: &AppOneArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Look, async |host| {
        let view = host.app_state(&args.app).await?;
        let mut page = Page::new();
        if args.json.json {
            page.json(&view)?;
        } else {
            page.line(escape(&told(&view)));
            details(&view).onto(&mut page);
        }
        page.print(color, Exit::Success)
    })
}

fn details(view: &AppStateView) -> Details {
    let mut details = Details::new();
    details.row_if("since", view.since.map(|since| since.to_string()));
    if view.state == AppState::NotRunning {
        details.row_if("ended", view.last_end.as_ref().map(ended));
        details.row("told next", format!("{} is what it was", view.next_previous));
        details.row_if("waiting", some(view.waiting_runs, "background tasks wait for it"));
        return details;
    }
    details.row("instance", format!("number {} since the host began", view.session));
    details.row_if("seen", some(view.leases, "want to see it"));
    details.row_if("prelaunched", view.prelaunched.then_some("nobody has launched it since"));
    details.row_if("calling", view.calling.clone());
    details.row_if("tasks", some(view.runs, "run in it"));
    details.row_if("waiting", some(view.waiting_runs, "background tasks wait for it"));
    details.row_if("extension", view.extension.map(extension));
    let (used, limit) = (size(view.memory_bytes), size(view.memory_limit_bytes));
    details.row("memory", format!("{used} of {limit}, {}", view.memory_level.as_str()));
    details.row_if("before", view.last_end.as_ref().map(ended));
    details
}

/// What an app is activated for, in a line.
pub(crate) fn kinds(activations: &[ActivationKind]) -> String {
    let words: Vec<&str> = activations.iter().map(|kind| kind.as_str()).collect();
    words.join(", ")
}

fn some(count: u32, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

fn ended(end: &AppEndView) -> String {
    let handler = end.handler.as_ref().map(|handler| format!(" in {handler}")).unwrap_or_default();
    let message = if end.message.is_empty() { String::new() } else { format!(": {}", end.message) };
    format!("{}{handler}{message}", end.end)
}
