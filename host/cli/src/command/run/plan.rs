//! What the command line asks for, checked as far as it can be before anything is built or opened.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use dormouse::core::limits::LimitsError;
use dormouse::core::overlap::WAITING_MAX;
use dormouse::core::schedule::{CronErrorKind, CronSchedule};
use dormouse::core::trigger::PAYLOAD_LEN_MAX;
use dormouse::{
    Access, AppId, CronTrigger, FilesystemTrigger, GrantError, Grants, LimitsRequest, Overlap, Profile,
    QuotaPolicy, RetryPolicy, SystemTrigger, TaskBuilder, TimeTrigger, TimerProfile, Trigger,
};

use super::tally::Goal;
use crate::cli::{GrantArgs, HostLimitArgs, LimitArgs, RunArgs, TriggerArgs};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::parse::{EnvArg, LimitMaxArg};

/// The entry point that the component is.
pub(super) const ENTRY_POINT: &str = "main";

/// All that is to be done, but for the component.
pub(super) struct Plan {
    /// None: after the component's file.
    pub(super) app: Option<AppId>,
    /// What to register; none if only what is pending is to be run.
    pub(super) task: Option<TaskBuilder>,
    pub(super) grants: Grants,
    pub(super) quota: Option<QuotaPolicy>,
    pub(super) profile: Profile,
    pub(super) host_limits: HostLimitArgs,
    /// Something of it depends on this machine.
    pub(super) machine: bool,
    /// Carried by each request.
    pub(super) arguments: Vec<u8>,
    /// How many requests to make.
    pub(super) requests: u32,
    pub(super) goal: Goal,
}

impl Plan {
    pub(super) fn new(args: &RunArgs) -> Result<Self> {
        let app = match &args.state.app {
            Some(name) => Some(AppId::new(name).map_err(|e| usage(format!("--app: {e}")))?),
            None => None,
        };
        let trigger = trigger(&args.trigger, args.profile.profile)?;
        let (requests, goal) = match (&trigger, args.state.resume) {
            (_, true) => (0, Goal::Resumed),
            (Trigger::Application, false) => {
                let count = args.trigger.count.unwrap_or(1);
                (count, Goal::Requests(count))
            }
            _ => (0, Goal::Activations(args.trigger.count)),
        };
        let task = if args.state.resume { None } else { Some(task(args, trigger)?) };
        Ok(Self {
            app,
            task,
            grants: grants(&args.grants, &args.trigger)?,
            quota: args.quota,
            profile: args.profile.profile,
            host_limits: args.host_limits.clone(),
            machine: args.trigger.on.is_some() || !args.trigger.condition.is_empty() || args.state.resume,
            arguments: arguments(args.trigger.arg.as_deref(), args.trigger.arg_file.as_deref())?,
            requests,
            goal,
        })
    }
}

/// The app of a component whose file has this name.
pub(super) fn app_of(path: &Path) -> AppId {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' })
        .collect();
    let name: String =
        name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).chars().take(64).collect();
    AppId::new(name).unwrap_or_else(|_| fallback_app())
}

#[expect(clippy::expect_used, reason = "a constant that a test makes")]
fn fallback_app() -> AppId {
    AppId::new("task").expect("a valid name")
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, message)
}

fn trigger(args: &TriggerArgs, profile: Profile) -> Result<Trigger> {
    if let Some(every) = args.every {
        return self::every(every, profile).map(|()| Trigger::Time(TimeTrigger::periodic(every)));
    }
    if let Some(expression) = &args.cron {
        return cron(expression, args.tz.as_deref());
    }
    if let Some(event) = args.on {
        return Ok(Trigger::System(SystemTrigger::new(event)));
    }
    if let Some(watch) = &args.watch {
        let mut trigger = FilesystemTrigger::new(&watch.guest);
        trigger.recursive = args.recursive;
        return Ok(Trigger::Filesystem(trigger));
    }
    Ok(Trigger::Application)
}

/// Whether a schedule may have this period, where these rules hold.
fn every(every: Duration, profile: Profile) -> Result<()> {
    let TimerProfile { period_min, period_max, .. } = profile.figures().timers;
    if (period_min..=period_max).contains(&every) {
        return Ok(());
    }
    let (least, most) = match profile {
        Profile::Default => ("1s", "366 days"),
        Profile::Uwp | Profile::Uwp8 => ("15m", "30 days"),
    };
    Err(usage(format!("--every {every:?} is not between {least} and {most}"))
        .help(format!("write --every {least} or more")))
}

/// The trigger of a cron expression, in UTC if there is no zone.
pub(crate) fn cron(expression: &str, zone: Option<&str>) -> Result<Trigger> {
    let schedule = CronSchedule::parse(expression, zone.unwrap_or("UTC")).map_err(|error| {
        let help = match error.kind() {
            CronErrorKind::UnknownTimeZone => {
                "--tz takes a name of the IANA time zone database, like Europe/Berlin or UTC"
            }
            CronErrorKind::Seconds => "--cron takes five fields; for less than a minute use --every",
            _ => "--cron takes minute, hour, day of month, month and day of week, like '*/15 7-22 * * *'",
        };
        usage(error.to_string()).help(help)
    })?;
    Ok(Trigger::Cron(CronTrigger::new(expression).in_time_zone(schedule.time_zone())))
}

fn task(args: &RunArgs, trigger: Trigger) -> Result<TaskBuilder> {
    let limits = limits(&args.limits, &args.host_limits)?;
    let retry = match args.limits.retry {
        None => RetryPolicy::none(),
        Some(n) => {
            RetryPolicy::exponential(n.saturating_add(1)).map_err(|e| usage(format!("--retry: {e}")))?
        }
    };
    let mut task = TaskBuilder::new(&args.state.name).entry_point(ENTRY_POINT).limits(limits).retry(retry);
    for condition in &args.trigger.condition {
        task = task.condition(condition.clone());
    }
    if matches!(trigger, Trigger::Application) {
        // A person who asks twice wants two runs; and what is pending must not refuse a new request.
        task = task.overlap(Overlap::Queue { max: WAITING_MAX });
    }
    Ok(task.trigger(trigger))
}

fn limits(args: &LimitArgs, max: &HostLimitArgs) -> Result<LimitsRequest> {
    let (request, max) = (args.request(), LimitMaxArg::all(&max.limit_max));
    match request.check(&max) {
        Ok(()) => Ok(request),
        Err(LimitsError::AboveHost { field, asked, max }) => {
            let has_a_flag = ["cpu", "wall", "grace", "memory"].contains(&field);
            let flag = if has_a_flag { format!("--{field} ") } else { format!("--limit {field}=") };
            let name = flag.trim_end_matches([' ', '=']);
            Err(usage(format!("{name} asks for {asked}, which is more than {max}, the most there is"))
                .help(format!("write {flag}{max} or less, or allow more with --limit-max {field}={asked}")))
        }
        Err(error) => Err(usage(error.to_string())),
    }
}

fn grants(args: &GrantArgs, trigger: &TriggerArgs) -> Result<Grants> {
    let mut grants = Grants::none();
    for dir in &args.dir {
        grants =
            grants.with_path(&dir.host, &dir.guest, dir.access).map_err(|e| grant_failed("--dir", &e))?;
    }
    if let Some(watch) = &trigger.watch {
        match args.dir.iter().find(|dir| dir.guest == watch.guest) {
            None => {
                grants = grants
                    .with_path(&watch.host, &watch.guest, Access::ReadOnly)
                    .map_err(|e| grant_failed("--watch", &e))?;
            }
            Some(dir) if is_same(&dir.host, &watch.host) => {}
            Some(dir) => {
                let (dir, watch) = (dir.host.display(), watch.host.display());
                return Err(usage(format!("--dir grants `{dir}` where --watch grants `{watch}`"))
                    .help("give one of them another GUEST path"));
            }
        }
    }
    for host in &args.allow_net {
        grants = grants.with_host(host.clone());
    }
    with_env(grants, &args.env)
}

/// And these variables.
pub(crate) fn with_env(mut grants: Grants, env: &[EnvArg]) -> Result<Grants> {
    for variable in env {
        let (name, value) = variable_of(variable)?;
        grants = grants.with_env(name, value).map_err(|e| grant_failed("--env", &e))?;
    }
    Ok(grants)
}

/// The name and the value of one `--env`.
pub(crate) fn variable_of(arg: &EnvArg) -> Result<(&str, String)> {
    match arg {
        EnvArg::Set(name, value) => Ok((name, value.clone())),
        EnvArg::Inherit(name) => {
            let value = std::env::var(name).map_err(|error| {
                usage(format!("--env {name}: it has no value here"))
                    .because(&error)
                    .help(format!("write --env {name}=VALUE"))
            })?;
            Ok((name, value))
        }
    }
}

/// Whether two paths, which exist or not, are one directory.
fn is_same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

pub(crate) fn grant_failed(flag: &str, error: &GrantError) -> Failure {
    let mut failure = usage(format!("{flag}: {error}"));
    if let Some(source) = std::error::Error::source(error) {
        failure = failure.because(source);
    }
    match error {
        GrantError::Open { .. } => failure.help("name a directory that exists and that you may read"),
        GrantError::Twice { .. } => failure.help("give each directory a GUEST path of its own"),
        _ => failure,
    }
}

/// What a request carries: this text, or what is in this file.
pub(crate) fn arguments(text: Option<&str>, file: Option<&Path>) -> Result<Vec<u8>> {
    let arguments = match (text, file) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(path)) => bytes("--arg-file", path, PAYLOAD_LEN_MAX)?,
        (None, None) => Vec::new(),
    };
    if arguments.len() > PAYLOAD_LEN_MAX {
        return Err(usage(format!("the task's arguments have more than {PAYLOAD_LEN_MAX} bytes"))
            .help("put them in a directory that --dir grants, and give the task the file's name"));
    }
    Ok(arguments)
}

/// The bytes of the file that a flag names: of more than `max`, no more than is needed to see that they are too many.
pub(crate) fn bytes(flag: &str, path: &Path, max: usize) -> Result<Vec<u8>> {
    read(path, max).map_err(|error| {
        usage(format!("{flag}: `{}` cannot be read", path.display()))
            .because(&error)
            .help("name a file that you may read, or `-` for standard input")
    })
}

fn read(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> =
        if path.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut bytes = Vec::new();
    source.take(max as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_makes_an_app() {
        for (file, app) in [
            ("/x/run_ok.wasm", "run_ok"),
            ("my task.wasm", "my-task"),
            (".hidden.wasm", "hidden"),
            ("--.wasm", "task"),
            ("é.wasm", "task"),
            ("..", "task"),
            ("", "task"),
        ] {
            assert_eq!(app_of(Path::new(file)).as_str(), app, "{file}");
        }
        let long = app_of(Path::new(&"x".repeat(300)));
        assert_eq!(long.as_str().len(), 64);
    }
}
