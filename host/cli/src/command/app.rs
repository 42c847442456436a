//! `dormouse app`: leads an app through its life.

use std::ffi::OsString;

use anstream::ColorChoice;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dormouse::core::app::activation::ACTIVATION_LEN_MAX;
use dormouse::core::app::lifecycle::AppState;
use dormouse_control::api::{
    ActivationRequest, AppEndView, AppStateView, LaunchRequest, LaunchResult, LaunchedView,
};
use dormouse_control::client::ClientError;

use super::details::Details;
use super::run::plan;
use crate::cli::{ActivationArgs, AppArgs, AppCommand, AppLaunchArgs, AppOneArgs};
use crate::control::{self, Connection, Need};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::escape::escape;
use crate::output::{Page, extension, size};
use crate::parse::NamedFileArg;

pub(crate) fn app(args: &AppArgs, color: ColorChoice) -> Result<Exit> {
    match &args.command {
        AppCommand::Launch(args) => launch(args, color),
        AppCommand::Show(args) => change(args, color, async |host| host.show_app(&args.app).await),
        AppCommand::Hide(args) => change(args, color, async |host| host.hide_app(&args.app).await),
        AppCommand::Suspend(args) => change(args, color, async |host| host.suspend_app(&args.app).await),
        AppCommand::Resume(args) => change(args, color, async |host| host.resume_app(&args.app).await),
        AppCommand::Close(args) => change(args, color, async |host| host.close_app(&args.app).await),
        AppCommand::Terminate(args) => change(args, color, async |host| host.terminate_app(&args.app).await),
        AppCommand::State(args) => state(args, color),
    }
}

fn launch(args: &AppLaunchArgs, color: ColorChoice) -> Result<Exit> {
    let AppLaunchArgs { one, activation, hidden } = args;
    let request = request(activation, *hidden)?;
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

/// Asks for another state, and says which it is now.
fn change(
    args: &AppOneArgs,
    color: ColorChoice,
    ask: impl AsyncFnOnce(&Connection) -> Result<AppStateView, ClientError>,
) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let view = ask(host).await?;
        let mut page = Page::new();
        page.answer(args.json.json, &view, || vec![told(&view)])?;
        page.print(color, Exit::Success)
    })
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
    details.row("since", view.since.to_string());
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

fn some(count: u32, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}

fn ended(end: &AppEndView) -> String {
    let handler = end.handler.as_ref().map(|handler| format!(" in {handler}")).unwrap_or_default();
    let message = if end.message.is_empty() { String::new() } else { format!(": {}", end.message) };
    format!("{}{handler}{message}", end.end)
}

fn request(args: &ActivationArgs, hidden: bool) -> Result<LaunchRequest> {
    let (arguments, prelaunch) = (args.arguments.clone(), args.prelaunch);
    Ok(LaunchRequest { arguments, activation: activation(args)?, prelaunch, hidden })
}

/// What it is activated for; none if it is launched.
fn activation(args: &ActivationArgs) -> Result<Option<ActivationRequest>> {
    Ok(Some(match args {
        ActivationArgs { protocol: Some(uri), .. } => ActivationRequest::Protocol { uri: uri.clone() },
        ActivationArgs { timer: Some(name), .. } => ActivationRequest::Timer { name: name.clone() },
        ActivationArgs { message: Some(named), .. } => {
            let (body, body_base64) = read("--message", named)?;
            let topic = named.name.clone();
            ActivationRequest::Message { topic, content_type: None, body, body_base64 }
        }
        ActivationArgs { custom: Some(named), .. } => {
            let (body, body_base64) = read("--custom", named)?;
            ActivationRequest::Custom { name: named.name.clone(), body, body_base64 }
        }
        ActivationArgs { command_line: true, args, .. } => {
            let arguments = args.iter().map(text).collect::<Result<_>>()?;
            ActivationRequest::CommandLine { arguments, directory: String::new() }
        }
        ActivationArgs { file, .. } if !file.is_empty() => ActivationRequest::File { paths: file.clone() },
        _ => return Ok(None),
    }))
}

fn text(argument: &OsString) -> Result<String> {
    argument.clone().into_string().map_err(|argument| {
        let text = format!("the argument {argument:?} is no UTF-8");
        Failure::new(Exit::Usage, text).help("pass it by --custom, as the bytes of a file")
    })
}

/// The bytes of a file, as text if they are.
fn read(flag: &str, named: &NamedFileArg) -> Result<(Option<String>, Option<String>)> {
    let bytes = plan::bytes(flag, &named.file, ACTIVATION_LEN_MAX)?;
    if bytes.len() > ACTIVATION_LEN_MAX {
        let text = format!("{flag}: `{}` has more than {ACTIVATION_LEN_MAX} bytes", named.file.display());
        return Err(Failure::new(Exit::Usage, text)
            .help("put it in a directory that the app was granted, and pass its name by --file"));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(bytes) => (None, Some(BASE64_STANDARD.encode(bytes.as_bytes()))),
    })
}
