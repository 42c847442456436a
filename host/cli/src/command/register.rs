//! `dormouse register`.

use anstream::ColorChoice;
use dormouse::{
    Condition, FilesystemTrigger, IfExists, MaintenanceTrigger, MessageTrigger, SignalTrigger, SocketTrigger,
    SystemTrigger, TaskBuilder, TimeTrigger, Trigger,
};
use serde_json::json;

use super::run::plan;
use crate::cli::{Existing, RegisterArgs, WakeArgs};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host::{self, host_failed, registration_failed};
use crate::output::Page;

pub(crate) fn register(args: &RegisterArgs, color: ColorChoice) -> Result<Exit> {
    let task = task(args)?;
    let if_exists = match args.if_exists {
        Existing::Replace => IfExists::ReplaceIfDifferent,
        Existing::Keep => IfExists::Keep,
        Existing::Error => IfExists::Error,
        Existing::Duplicate => IfExists::AllowDuplicate,
    };
    let mut page = Page::new();
    let contradictions = if args.validate {
        let pairs = host::idle(&args.home, false, async |host| {
            host.validate(&args.app, &task).map_err(|e| registration_failed(&e))
        })?;
        if args.json.json {
            page.json(
                &json!({ "event": "valid", "app": args.app, "name": args.name, "contradictions": pairs }),
            )?;
        } else {
            page.line(format!("{:?} of {} could be registered", args.name, args.app));
        }
        pairs
    } else {
        let made = host::idle(&args.home, false, async |host| {
            host.register(&args.app, task, if_exists).await.map_err(|e| host_failed(&e))
        })?;
        if args.json.json {
            page.json(&json!({
                "event": "registered",
                "id": made.id,
                "app": args.app,
                "name": args.name,
                "access": made.access,
                "contradictions": made.contradictions,
            }))?;
        } else {
            page.line(format!("registered {:?} of {}: {}", args.name, args.app, made.id));
            if let Some(refusal) = made.access.refusal() {
                page.line(format!("warning: its firings start nothing: {refusal}"));
            }
        }
        made.contradictions
    };
    if !args.json.json {
        for (one, other) in contradictions {
            page.line(never(&args.name, &one, &other));
        }
    }
    page.print(color, Exit::Success)
}

/// What is to be said of conditions that contradict each other (UWP-064).
pub(super) fn never(name: &str, one: &Condition, other: &Condition) -> String {
    format!("warning: {name:?} never starts: {one} and {other} never hold together")
}

fn task(args: &RegisterArgs) -> Result<TaskBuilder> {
    let mut task = TaskBuilder::new(&args.name)
        .entry_point(&args.entry_point)
        .trigger(trigger(&args.wake)?)
        .cancel_on_condition_loss(args.cancel_on_condition_loss);
    for condition in &args.condition {
        task = task.condition(condition.clone());
    }
    if let Some(overlap) = args.overlap {
        task = task.overlap(overlap);
    }
    if let Some(group) = &args.group {
        task = task.group(group);
    }
    Ok(task)
}

fn trigger(args: &WakeArgs) -> Result<Trigger> {
    Ok(match args {
        WakeArgs { every: Some(every), .. } => Trigger::Time(TimeTrigger::periodic(*every)),
        WakeArgs { cron: Some(expression), .. } => plan::cron(expression, args.tz.as_deref())?,
        WakeArgs { once: Some(after), .. } => Trigger::Time(TimeTrigger::once(*after)),
        WakeArgs { maintenance: Some(every), .. } => {
            Trigger::Maintenance(MaintenanceTrigger::periodic(*every))
        }
        WakeArgs { system: Some(event), .. } => Trigger::System(SystemTrigger::new(*event)),
        WakeArgs { watch: Some(guest), recursive, .. } => {
            Trigger::Filesystem(FilesystemTrigger { recursive: *recursive, ..FilesystemTrigger::new(guest) })
        }
        WakeArgs { listen: Some(address), .. } => Trigger::Socket(SocketTrigger::tcp(*address)),
        WakeArgs { signal: Some(topic), .. } => Trigger::Signal(SignalTrigger::new(topic)),
        WakeArgs { message: Some(topic), .. } => Trigger::Message(MessageTrigger::new(topic)),
        WakeArgs { application: true, .. } => Trigger::Application,
        // What reads the command line sees to it that there is one.
        _ => {
            return Err(Failure::new(Exit::Usage, "a registration needs a trigger")
                .help("see `dormouse register --help`"));
        }
    })
}
