//! From flags to what a host is asked to register.

use std::time::Duration;

use dormouse::core::retry::RetryPolicy;
use dormouse::{
    FilesystemTrigger, LimitsRequest, MaintenanceTrigger, MessageTrigger, Misfire, SignalTrigger,
    SocketTrigger, SystemTrigger, TimeTrigger, Trigger,
};
use dormouse_control::api::{IfExists, LimitsView, RegisterRequest, RetryView};

use crate::cli::{Existing, FinerArgs, LimitArgs, MisfireArg, MoreLimitArgs, RegisterArgs, WakeArgs};
use crate::command::run::plan;
use crate::error::{Failure, Result};
use crate::exit::Exit;

pub(super) fn request(args: &RegisterArgs) -> Result<RegisterRequest> {
    let mut trigger = trigger(&args.wake)?;
    refine(&mut trigger, &args.finer)?;
    let variables =
        args.env.iter().map(|arg| plan::variable_of(arg).map(|(name, value)| (name.to_owned(), value)));
    Ok(RegisterRequest {
        app: args.app.clone(),
        name: args.name.clone(),
        group: args.group.clone(),
        entry_point: args.entry_point.clone(),
        trigger,
        conditions: args.condition.clone(),
        cancel_on_condition_loss: args.cancel_on_condition_loss,
        overlap: args.overlap,
        limits: limits(&args.limits, &args.more),
        retry: retry(&args.limits, &args.more)?,
        env: variables.collect::<Result<_>>()?,
        args: args.arg.clone(),
        if_exists: match args.if_exists {
            Existing::Replace => IfExists::Replace,
            Existing::Keep => IfExists::Keep,
            Existing::Error => IfExists::Error,
            Existing::Duplicate => IfExists::Duplicate,
        },
    })
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

/// Says the rest of what there is to say of a trigger. What does not fit its kind is refused: it would be ignored.
fn refine(trigger: &mut Trigger, finer: &FinerArgs) -> Result<()> {
    let FinerArgs { misfire, jitter, one_shot, settle, keep_alive } = *finer;
    let mut left = [
        ("--misfire", misfire.is_some()),
        ("--jitter", jitter.is_some()),
        ("--one-shot", one_shot),
        ("--settle", settle.is_some()),
        ("--keep-alive", keep_alive.is_some()),
    ];
    let mut fits =
        |flag: &str| left.iter_mut().filter(|(left, _)| *left == flag).for_each(|(_, given)| *given = false);
    match trigger {
        Trigger::Time(TimeTrigger { misfire: at_misfire, jitter: at_jitter, .. })
        | Trigger::Cron(dormouse::CronTrigger { misfire: at_misfire, jitter: at_jitter, .. }) => {
            *at_misfire = misfire.map_or(*at_misfire, Misfire::from);
            *at_jitter = jitter.unwrap_or(*at_jitter);
            ["--misfire", "--jitter"].into_iter().for_each(&mut fits);
        }
        Trigger::Maintenance(time) => {
            time.misfire = misfire.map_or(time.misfire, Misfire::from);
            time.jitter = jitter.unwrap_or(time.jitter);
            time.one_shot |= one_shot;
            ["--misfire", "--jitter", "--one-shot"].into_iter().for_each(&mut fits);
        }
        Trigger::System(system) => {
            system.one_shot |= one_shot;
            fits("--one-shot");
        }
        Trigger::Signal(signal) => {
            signal.one_shot |= one_shot;
            fits("--one-shot");
        }
        Trigger::Filesystem(watch) => {
            watch.settle = settle.unwrap_or(watch.settle);
            fits("--settle");
        }
        Trigger::Socket(socket) => {
            socket.keep_alive = keep_alive.or(socket.keep_alive);
            fits("--keep-alive");
        }
        _ => {}
    }
    match left.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => {
            Err(Failure::new(Exit::Usage, format!("{flag} says nothing of a {} trigger", trigger.kind()))
                .help(format!("leave {flag} out: `dormouse register --help` says what it fits")))
        }
    }
}

impl From<MisfireArg> for Misfire {
    fn from(arg: MisfireArg) -> Self {
        match arg {
            MisfireArg::Coalesce => Self::Coalesce,
            MisfireArg::Skip => Self::Skip,
            MisfireArg::All => Self::All,
        }
    }
}

fn limits(args: &LimitArgs, more: &MoreLimitArgs) -> LimitsView {
    let named = LimitsRequest {
        class: more.class,
        output_bytes: more.output_bytes,
        deferrals: more.deferrals,
        ..LimitsRequest::default()
    };
    LimitsView::from(&named.or(&args.request()))
}

fn retry(args: &LimitArgs, more: &MoreLimitArgs) -> Result<Option<RetryView>> {
    let Some(retries) = args.retry else { return Ok(None) };
    let policy = RetryPolicy::exponential(retries.saturating_add(1))
        .map_err(|error| Failure::new(Exit::Usage, format!("--retry: {error}")).help("ask for fewer"))?;
    let mut retry = RetryView::from(&policy);
    retry.initial_ms = more.retry_initial.map_or(retry.initial_ms, ms);
    // A longest wait that is not said is no reason to refuse a first one that is.
    retry.max_ms = more.retry_max.map_or(retry.max_ms.max(retry.initial_ms), ms);
    Ok(Some(retry))
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use dormouse::Class;

    use super::*;
    use crate::cli::{Cli, Command};

    fn asked(flags: &str) -> Result<RegisterRequest> {
        let first = ["dormouse", "register", "a", "--name", "n", "--entry-point", "main"];
        let cli = Cli::try_parse_from(first.into_iter().chain(flags.split_whitespace()))
            .expect("it is well formed");
        let Command::Register(args) = cli.command else { unreachable!("it says register") };
        request(&args)
    }

    #[test]
    fn every_flag_arrives() {
        let flags = "--every 5m --misfire all --jitter 10s --class long --cpu 1s --wall 2s --grace 3s --memory 1MiB \
                     --output-bytes 2MiB --deferrals 7 --limit handles=9 --limit cpu=5s --retry 3 --retry-initial 2s --retry-max 1h --env A=b --arg x \
                     --arg -y --group g --overlap queue:3 --if-exists error --condition external-power";
        let request = asked(flags).expect("it is valid");
        let Trigger::Time(time) = &request.trigger else { unreachable!("{:?}", request.trigger) };
        assert_eq!((time.misfire, time.jitter), (Misfire::All, Duration::from_secs(10)));
        let expected = LimitsView {
            class: Some(Class::Long),
            wall_ms: Some(2_000.0),
            cpu_ms: Some(1_000.0),
            grace_ms: Some(3_000.0),
            memory_bytes: Some(1 << 20),
            output_bytes: Some(2 << 20),
            deferrals: Some(7),
            handles: Some(9),
            ..LimitsView::default()
        };
        assert_eq!(request.limits, expected);
        let retry = request.retry.expect("it was asked for");
        assert_eq!((retry.max_attempts, retry.initial_ms, retry.max_ms), (4, 2_000.0, 3_600_000.0));
        assert_eq!((request.env.get("A").map(String::as_str), request.args.len()), (Some("b"), 2));
        assert_eq!((request.group.as_deref(), request.if_exists), (Some("g"), IfExists::Error));
        assert!(request.builder().is_ok());
    }

    #[test]
    fn what_a_trigger_cannot_have_is_refused_and_not_ignored() {
        for (flags, flag) in [
            ("--application --misfire all", "--misfire"),
            ("--every 5m --settle 1s", "--settle"),
            ("--every 5m --one-shot", "--one-shot"),
            ("--message t --one-shot", "--one-shot"),
            ("--watch /x --keep-alive 1s", "--keep-alive"),
            ("--system internet-available --jitter 1s", "--jitter"),
        ] {
            let mut out = Vec::new();
            let failure = asked(flags).expect_err(flags);
            failure.write_to(&mut out).expect("a vector takes everything");
            assert!(String::from_utf8_lossy(&out).contains(flag), "{flags}");
        }
        for flags in [
            "--signal t --one-shot",
            "--watch /x --settle 1s",
            "--listen 127.0.0.1:1 --keep-alive 2s",
            "--maintenance 1h --one-shot",
        ] {
            assert!(asked(flags).is_ok(), "{flags}");
        }
    }
}
