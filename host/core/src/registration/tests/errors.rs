//! What is refused, and what is said then: the field that is wrong, and what would be right.

use std::error::Error;

use super::super::*;
use super::{Host, LISTEN, NOW, app, every, id, task, trigger, unwoken};
use crate::limits::LimitsError;
use crate::trigger::{CronTrigger, FilesystemTrigger, SignalTrigger, SocketTrigger, TimeTrigger};

fn long() -> String {
    "x".repeat(NAME_LEN_MAX + 1)
}

fn too_long(field: &'static str, len: usize, max: usize) -> RegistrationError {
    RegistrationError::Length { field, len, max }
}

fn cron(expression: &str, time_zone: &str) -> Trigger {
    Trigger::Cron(CronTrigger::new(expression).in_time_zone(time_zone))
}

fn signal(topic: String) -> Trigger {
    Trigger::Signal(SignalTrigger::new(topic))
}

fn declares(triggers: &[TriggerKind]) -> EntryPoint {
    EntryPoint { name: "resize".to_owned(), triggers: Some(triggers.to_vec()) }
}

fn elsewhere() -> SocketAddr {
    SocketAddr::new(LISTEN.ip(), LISTEN.port() + 1)
}

fn socket() -> TaskBuilder {
    task().trigger(Trigger::Socket(SocketTrigger::tcp(LISTEN)))
}

/// Every way to be refused: the error, a host that refuses, and what it refuses.
pub(super) fn each() -> Vec<(RegistrationError, Host, TaskBuilder)> {
    let host = Host::new;
    let zero = LimitsRequest { wall: Some(Duration::ZERO), ..LimitsRequest::default() };
    let much = LimitsRequest { memory_bytes: Some(1 << 40), ..LimitsRequest::default() };
    let bad_cron = CronSchedule::parse("30 25 * * *", "UTC").unwrap_err();
    let bad_zone = CronSchedule::parse("30 2 * * *", "Mars/Olympus").unwrap_err();
    vec![
        (RegistrationError::NoTrigger, host(), unwoken()),
        (too_long("group", 0, 128), host(), task().group("")),
        (too_long("group", 129, 128), host(), task().group(long())),
        (
            RegistrationError::TriggerNotDeclared {
                entry_point: "resize".to_owned(),
                kind: TriggerKind::Time,
                declared: vec![TriggerKind::Cron, TriggerKind::System],
            },
            Host { entry_points: Some(vec![declares(&[TriggerKind::Cron, TriggerKind::System])]), ..host() },
            task(),
        ),
        (
            RegistrationError::TooManyRegistrations { app: app(), max: 10 },
            Host { registered: 10, ..host() },
            task(),
        ),
        (
            RegistrationError::ListenNotGranted { listen: elsewhere(), granted: vec![LISTEN] },
            host(),
            unwoken().trigger(Trigger::Socket(SocketTrigger::tcp(elsewhere()))),
        ),
        (
            RegistrationError::KeepAlive { keep_alive: Duration::from_millis(999) },
            host(),
            unwoken().trigger(Trigger::Socket(SocketTrigger {
                keep_alive: Some(Duration::from_millis(999)),
                ..SocketTrigger::tcp(LISTEN)
            })),
        ),
        (
            RegistrationError::Jitter { jitter: Duration::from_secs(61), max: Duration::from_secs(60) },
            host(),
            unwoken().trigger(Trigger::Time(TimeTrigger {
                jitter: Duration::from_secs(61),
                ..TimeTrigger::periodic(Duration::from_secs(60))
            })),
        ),
        (RegistrationError::NoApp { app: app() }, host(), TaskBuilder::new("t").trigger(every(60))),
        (
            RegistrationError::EntryPointNotDeclared {
                app: app(),
                entry_point: "resise".to_owned(),
                known: vec!["fetch".to_owned(), "resize".to_owned()],
            },
            host(),
            task().entry_point("resise"),
        ),
        (RegistrationError::AppNotInstalled { app: app() }, Host { entry_points: None, ..host() }, task()),
        (too_long("name", 0, 128), host(), TaskBuilder::new("").entry_point("fetch").trigger(every(60))),
        (
            too_long("name", 129, 128),
            host(),
            TaskBuilder::new(long()).entry_point("fetch").trigger(every(60)),
        ),
        (too_long("entry_point", 0, 128), host(), task().entry_point("")),
        (too_long("entry_point", 129, 128), host(), task().entry_point(long())),
        (too_long("trigger.topic", 0, 256), host(), unwoken().trigger(signal(String::new()))),
        (too_long("trigger.topic", 257, 256), host(), unwoken().trigger(signal("t".repeat(257)))),
        (too_long("env and args", 40_002, ENV_LEN_MAX), host(), task().env("A", "v".repeat(39_999))),
        (too_long("env and args", 40_001, ENV_LEN_MAX), host(), task().arg("v".repeat(40_000))),
        (
            RegistrationError::Period {
                every: Duration::from_secs(60),
                min: Duration::from_secs(900),
                max: TimerProfile::UWP.period_max,
            },
            Host { timers: TimerProfile::UWP, ..host() },
            unwoken().trigger(every(60)),
        ),
        (RegistrationError::Cron(bad_cron), host(), unwoken().trigger(cron("30 25 * * *", "UTC"))),
        (RegistrationError::Cron(bad_zone), host(), unwoken().trigger(cron("30 2 * * *", "Mars/Olympus"))),
        (
            RegistrationError::DirectoryNotGranted {
                directory: "/pictures/".to_owned(),
                granted: vec!["/pictures".to_owned()],
            },
            host(),
            unwoken().trigger(Trigger::Filesystem(FilesystemTrigger::new("/pictures/"))),
        ),
        (
            RegistrationError::SecondApplicationTrigger { app: app(), existing: id(1) },
            Host { application: Some(id(1)), ..host() },
            unwoken().trigger(Trigger::Application),
        ),
        (
            RegistrationError::TooManyConditions { len: 17 },
            host(),
            (0..17).fold(task(), |task, _| task.condition(Condition::UserPresent)),
        ),
        (RegistrationError::OverlapZero, host(), task().overlap(Overlap::Queue { max: 0 })),
        (RegistrationError::OverlapZero, host(), task().overlap(Overlap::Parallel { max: 0 })),
        (RegistrationError::OverlapOfSocket, host(), socket().overlap(Overlap::Coalesce)),
        (RegistrationError::OverlapOfSocket, host(), socket().overlap(Overlap::KeepLatest)),
        (RegistrationError::OverlapOfSocket, host(), socket().overlap(Overlap::Refuse)),
        (RegistrationError::Limits(LimitsError::Zero { field: "wall" }), host(), task().limits(zero)),
        (
            RegistrationError::Limits(LimitsError::AboveHost {
                field: "memory",
                asked: "1024GiB".to_owned(),
                max: "512MiB".to_owned(),
            }),
            host(),
            task().limits(much),
        ),
        (text("env", ""), host(), task().env("", "value")),
        (text("env", "A=B"), host(), task().env("A=B", "value")),
        (text("env", "A\0"), host(), task().env("A\0", "value")),
        (text("env", "A"), host(), task().env("A", "va\0lue")),
        (text("args", "--a\0"), host(), task().arg("ok").arg("--a\0")),
    ]
}

fn text(field: &'static str, value: &str) -> RegistrationError {
    RegistrationError::Text { field, value: value.to_owned() }
}

/// The error as a person reads it: with what caused it, a line for each.
fn said(error: &RegistrationError) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str("\ncaused by: ");
        said.push_str(&cause.to_string());
        source = cause.source();
    }
    said
}

#[test]
fn every_refusal_is_said_in_words_that_name_the_field_and_the_way_out() {
    let said: Vec<String> = each().iter().map(|(error, ..)| said(error)).collect();
    let expected = [
        "a registration needs exactly one trigger: call `trigger`",
        "`group` has 0 bytes; it must have 1 to 128",
        "`group` has 129 bytes; it must have 1 to 128",
        "entry point \"resize\" does not declare time triggers; it declares cron, system. Add `time` to its `triggers` in dormouse.toml and install the package again",
        "app `org.example.feeds` has 10 registrations, as many as it may have; unregister some first",
        "`trigger.listen` 127.0.0.1:7008 is not granted; granted are 127.0.0.1:7007. Ask for it under `listen` in dormouse.toml",
        "`trigger.keep_alive` is 999ms; it must be between 1s and 86400s",
        "`trigger.jitter` is 61s; it must be at most 60s",
        "the registration names no entry point, and app `org.example.feeds` has no component of its own; name an entry point that it has, or add [app] to its dormouse.toml",
        "app `org.example.feeds` has no entry point \"resise\"; it has fetch, resize",
        "app `org.example.feeds` is not installed; install it before registering its tasks",
        "`name` has 0 bytes; it must have 1 to 128",
        "`name` has 129 bytes; it must have 1 to 128",
        "`entry_point` has 0 bytes; it must have 1 to 128",
        "`entry_point` has 129 bytes; it must have 1 to 128",
        "`trigger.topic` has 0 bytes; it must have 1 to 256",
        "`trigger.topic` has 257 bytes; it must have 1 to 256",
        "`env and args` has 40002 bytes; it must have 1 to 32768",
        "`env and args` has 40001 bytes; it must have 1 to 32768",
        "`trigger.every` is 60s; it must be between 900s and 2591940s",
        "`trigger.cron` is not valid
caused by: invalid cron expression: hour: value must be in range 0..=23; found 25
  30 25 * * *
     ^",
        "`trigger.cron` is not valid
caused by: unknown time zone: `Mars/Olympus`; expected an IANA name like `Europe/Berlin` or `UTC`",
        "`trigger.directory` \"/pictures/\" is not granted; granted are /pictures",
        "app `org.example.feeds` has an application trigger already, on registration \
         00000000-0000-0000-0000-000000000001; unregister that one first",
        "`conditions` has 17; at most 16 are allowed",
        "`overlap` allows none; give it a bound of at least 1",
        "`overlap` allows none; give it a bound of at least 1",
        "`overlap` of a socket trigger must be `queue` or `parallel`: each firing is of one connection, and none stands for another",
        "`overlap` of a socket trigger must be `queue` or `parallel`: each firing is of one connection, and none stands for another",
        "`overlap` of a socket trigger must be `queue` or `parallel`: each firing is of one connection, and none stands for another",
        "`limits` cannot be granted
caused by: limit `wall` is zero; give it a positive value or leave it out for the class's own",
        "`limits` cannot be granted
caused by: limit `memory` asks for 1024GiB, above the host's maximum of 512MiB",
        "`env` holds \"\": names must not be empty or hold `=`, and nothing may hold a NUL",
        "`env` holds \"A=B\": names must not be empty or hold `=`, and nothing may hold a NUL",
        "`env` holds \"A\\0\": names must not be empty or hold `=`, and nothing may hold a NUL",
        "`env` holds \"A\": names must not be empty or hold `=`, and nothing may hold a NUL",
        "`args` holds \"--a\\0\": names must not be empty or hold `=`, and nothing may hold a NUL",
    ];
    for (said, expected) in said.iter().zip(expected) {
        assert_eq!(said, expected);
    }
    assert_eq!(said.len(), expected.len());
}

#[test]
fn an_app_without_entry_points_or_directories_is_told_so() {
    let host = Host { entry_points: Some(vec![]), ..Host::new() };
    let refused = host.build(task()).unwrap_err().to_string();
    assert_eq!(refused, "app `org.example.feeds` has no entry point \"resize\"; it has none");

    let host = Host { directories: vec![], ..Host::new() };
    let refused = host.build(unwoken().trigger(trigger(TriggerKind::Filesystem))).unwrap_err().to_string();
    assert_eq!(refused, "`trigger.directory` \"/pictures\" is not granted; granted are none");
}

#[test]
fn the_caret_under_a_cron_expression_is_under_what_is_wrong() {
    for (expression, wrong) in [("61 2 * * *", "61"), ("0 2 * 13 *", "13"), ("0 2 * * MOO", "MOO")] {
        let refused = Host::new().build(unwoken().trigger(cron(expression, "UTC"))).unwrap_err();
        let cause = refused.source().unwrap().to_string();
        let lines: Vec<&str> = cause.lines().collect();
        let [_, shown, caret] = lines[..] else { panic!("{cause}") };
        assert_eq!(shown.trim(), expression);
        assert!(shown[caret.find('^').unwrap()..].starts_with(wrong), "{cause}");
    }
}

#[test]
fn a_long_text_that_is_refused_is_not_repeated_at_length() {
    let long = "x".repeat(1 << 20);
    for task in [
        TaskBuilder::new(&long).entry_point("fetch").trigger(every(60)),
        task().entry_point(&long),
        task().env(format!("{long}="), "value"),
        task().arg(format!("{long}\0")),
        unwoken().trigger(cron(&long, "UTC")),
        unwoken().trigger(cron("0 2 * * *", &long)),
        unwoken().trigger(Trigger::Filesystem(FilesystemTrigger::new(&long))),
        unwoken().trigger(signal(long.clone())),
    ] {
        let refused = task.build(id(1), app(), NOW, &Host::new().context()).unwrap_err();
        assert!(said(&refused).len() < 1_000, "{} bytes", said(&refused).len());
    }
}

#[test]
fn a_filesystem_trigger_that_waits_for_ever_is_refused() {
    let mut filesystem = FilesystemTrigger::new("/data");
    filesystem.settle = SETTLE_MAX + Duration::from_secs(1);
    let builder = TaskBuilder::new("t").entry_point("main").trigger(Trigger::Filesystem(filesystem));
    let host = Host {
        entry_points: Some(vec![EntryPoint::any("main")]),
        directories: vec!["/data".to_owned()],
        ..Host::new()
    };
    let error = host.validate(&builder).expect_err("it is too long");
    assert_eq!(error.to_string(), "`trigger.settle` is 3601s; it must be at most 3600s");
}
