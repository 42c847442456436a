//! What an app hears, and the line that each program says about it.

use std::fmt::{self, Display};

use dormouse_guest::app::{
    ActivatedArgs, ActivationKind, LaunchArgs, MemoryLevel, MemoryLimit, MemoryUsage, ResumingArgs,
    TaskCompletion, TaskProgress, Transition,
};
use dormouse_guest::{BackgroundTaskInstance, TriggerDetails};

use crate::say;

/// One call of a handler, with what came with it.
pub enum Heard {
    /// `launched`.
    Launched(LaunchArgs),
    /// `activated`.
    Activated(ActivatedArgs),
    /// `background-activated`.
    BackgroundActivated(BackgroundTaskInstance),
    /// `group-activated`.
    GroupActivated(String, BackgroundTaskInstance),
    /// `entered-background`.
    EnteredBackground(Transition),
    /// `leaving-background`.
    LeavingBackground(Transition),
    /// `suspending`.
    Suspending(Transition),
    /// `resuming`.
    Resuming(ResumingArgs),
    /// `memory-usage-changed`.
    MemoryUsageChanged(MemoryUsage),
    /// `memory-limit-changing`.
    MemoryLimitChanging(MemoryLimit),
    /// `completed`.
    Completed(Vec<TaskCompletion>),
    /// `progressed`.
    Progressed(TaskProgress),
}

impl Heard {
    /// The handler's name in the contract.
    #[must_use]
    pub fn handler(&self) -> &'static str {
        match self {
            Self::Launched(_) => "launched",
            Self::Activated(_) => "activated",
            Self::BackgroundActivated(_) => "background-activated",
            Self::GroupActivated(..) => "group-activated",
            Self::EnteredBackground(_) => "entered-background",
            Self::LeavingBackground(_) => "leaving-background",
            Self::Suspending(_) => "suspending",
            Self::Resuming(_) => "resuming",
            Self::MemoryUsageChanged(_) => "memory-usage-changed",
            Self::MemoryLimitChanging(_) => "memory-limit-changing",
            Self::Completed(_) => "completed",
            Self::Progressed(_) => "progressed",
        }
    }

    /// The transition, of those that have one.
    #[must_use]
    pub fn transition(&self) -> Option<&Transition> {
        match self {
            Self::EnteredBackground(t) | Self::LeavingBackground(t) | Self::Suspending(t) => Some(t),
            _ => None,
        }
    }

    /// The run, of a background task.
    #[must_use]
    pub fn run(&self) -> Option<&BackgroundTaskInstance> {
        match self {
            Self::BackgroundActivated(run) | Self::GroupActivated(_, run) => Some(run),
            _ => None,
        }
    }

    /// What the program is told to do from now on, if this says so: the arguments of a launch, or what comes with a custom
    /// activation called `orders`.
    #[must_use]
    pub fn orders(&self) -> Option<String> {
        let orders = match self {
            Self::Launched(args) => args.arguments.clone(),
            Self::Activated(ActivatedArgs { kind: ActivationKind::Custom(custom), .. })
                if custom.name == "orders" =>
            {
                text(&custom.body)
            }
            _ => return None,
        };
        (!orders.is_empty()).then_some(orders)
    }

    /// What the run is told to do, of a background task: the arguments of its trigger.
    #[must_use]
    pub fn run_orders(&self) -> String {
        self.run().map(arguments).unwrap_or_default()
    }

    /// Says what was heard, after judging what the host must have got right.
    ///
    /// # Panics
    ///
    /// It did not.
    pub fn say(&self) {
        match self {
            Self::MemoryUsageChanged(usage) => judge_usage(usage),
            Self::Completed(completions) => judge_completions(completions),
            _ => {}
        }
        say(format_args!("heard {}{self}", self.handler()));
        if let Self::Completed(completions) = self {
            for c in completions {
                say(format_args!(
                    "completion name={:?} outcome={} coalesced={} message={:?}",
                    c.name, c.outcome, c.coalesced, c.message
                ));
            }
        }
    }
}

/// What came with it, as it stands behind the handler's name.
impl Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Launched(args) => write!(
                f,
                " previous={} prelaunch={} arguments={:?}",
                args.previous, args.prelaunch, args.arguments
            ),
            Self::Activated(args) => {
                write!(f, " previous={} kind={} ", args.previous, args.kind.as_str())?;
                payload(f, &args.kind)
            }
            Self::BackgroundActivated(run) => task(f, run),
            Self::GroupActivated(group, run) => {
                write!(f, " group={group:?}")?;
                task(f, run)
            }
            Self::EnteredBackground(_) | Self::LeavingBackground(_) | Self::Suspending(_) => Ok(()),
            Self::Resuming(args) => write!(f, " away-ms={}", args.away.as_millis()),
            Self::MemoryUsageChanged(usage) => {
                write!(f, " change={} level={} limit={}", usage.change, usage.level, usage.limit_bytes)
            }
            Self::MemoryLimitChanging(limit) => write!(f, " old={} new={}", limit.old_bytes, limit.new_bytes),
            Self::Completed(completions) => write!(f, " count={}", completions.len()),
            Self::Progressed(progress) => write!(f, " value={}", progress.value),
        }
    }
}

fn payload(f: &mut fmt::Formatter<'_>, kind: &ActivationKind) -> fmt::Result {
    match kind {
        ActivationKind::File(paths) => write!(f, "paths={paths:?}"),
        ActivationKind::Protocol(uri) => write!(f, "uri={uri:?}"),
        ActivationKind::Share(items) => {
            let items: Vec<_> = items.iter().map(|i| (&i.name, &i.content_type, text(&i.body))).collect();
            write!(f, "items={items:?}")
        }
        ActivationKind::Timer(name) => write!(f, "name={name:?}"),
        ActivationKind::Message(m) => {
            write!(f, "topic={:?} content-type={:?} body={:?}", m.topic, m.content_type, text(&m.body))
        }
        ActivationKind::CommandLine(line) => {
            write!(f, "arguments={:?} directory={:?}", line.arguments, line.directory)
        }
        ActivationKind::Custom(custom) => write!(f, "name={:?} body={:?}", custom.name, text(&custom.body)),
        _ => f.write_str("unknown"),
    }
}

fn task(f: &mut fmt::Formatter<'_>, run: &BackgroundTaskInstance) -> fmt::Result {
    write!(f, " name={:?} arguments={:?}", run.activation().name, arguments(run))
}

fn arguments(run: &BackgroundTaskInstance) -> String {
    match run.trigger_details() {
        TriggerDetails::Application(arguments) => text(&arguments),
        _ => String::new(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn judge_usage(usage: &MemoryUsage) {
    let (used, limit) = (usage.used_bytes, usage.limit_bytes);
    let level = match usage.level {
        MemoryLevel::Low => used * 2 < limit,
        MemoryLevel::Medium => used * 2 >= limit && used * 5 < limit * 4,
        MemoryLevel::High => used * 5 >= limit * 4 && used <= limit,
        MemoryLevel::OverLimit => used > limit,
        _ => false,
    };
    assert!(level, "UWP-108: {used} of {limit} is not {}", usage.level);
}

fn judge_completions(completions: &[TaskCompletion]) {
    assert!((1..=64).contains(&completions.len()), "{} completions in one call", completions.len());
    assert!(completions.is_sorted_by_key(|c| c.ended_at), "UWP-114: told in the order of their ends");
    for c in completions {
        assert_eq!(c.succeeded, c.outcome == "succeeded", "{c:?}");
        assert_eq!(c.message.is_empty(), c.succeeded, "{c:?}");
    }
}
