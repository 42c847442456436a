//! Registering, by its rules. `errors` goes through what is refused and what is said then, `stored`
//! through what a store keeps, `judged` through what becomes of its firings.

mod errors;
mod judged;
mod stored;

use super::*;
use crate::condition::CONDITIONS_MAX;
use crate::limits::Class;
use crate::trigger::{
    CronTrigger, FilesystemTrigger, MaintenanceTrigger, MessageTrigger, SignalTrigger, SocketTrigger,
    SystemEvent, SystemTrigger, TimeTrigger,
};
use uuid::Uuid;

/// What a host knows of an app with two entry points and one directory, and no component of its own.
struct Host {
    entry_points: Option<Vec<EntryPoint>>,
    app: bool,
    directories: Vec<String>,
    application: Option<RegistrationId>,
    registered: usize,
    timers: TimerProfile,
    limits_max: Limits,
}

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7007);

impl Host {
    fn new() -> Self {
        Self {
            entry_points: Some(vec![EntryPoint::any("fetch"), EntryPoint::any("resize")]),
            app: false,
            directories: vec!["/pictures".to_owned()],
            application: None,
            registered: 0,
            timers: TimerProfile::DEFAULT,
            limits_max: Limits::host_max(),
        }
    }

    fn context(&self) -> RegistrationContext<'_> {
        RegistrationContext {
            entry_points: self.entry_points.as_deref(),
            app: self.app,
            directories: &self.directories,
            listen: &[LISTEN],
            application: self.application,
            registered: self.registered,
            registered_max: 10,
            timers: self.timers,
            limits_max: &self.limits_max,
        }
    }

    fn validate(&self, task: &TaskBuilder) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        task.validate(&app(), &self.context())
    }

    fn build(&self, task: TaskBuilder) -> Result<Registration, RegistrationError> {
        task.build(id(1), app(), NOW, &self.context())
    }
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn app() -> AppId {
    AppId::new("org.example.feeds").unwrap()
}

fn id(n: u128) -> RegistrationId {
    RegistrationId::from_uuid(Uuid::from_u128(n))
}

fn every(seconds: u64) -> Trigger {
    Trigger::Time(TimeTrigger::periodic(Duration::from_secs(seconds)))
}

/// A trigger of each kind that [`Host`] accepts.
fn trigger(kind: TriggerKind) -> Trigger {
    match kind {
        TriggerKind::Application => Trigger::Application,
        TriggerKind::Time => every(3_600),
        TriggerKind::Cron => Trigger::Cron(CronTrigger::new("30 2 * * *").in_time_zone("Europe/Berlin")),
        TriggerKind::Filesystem => Trigger::Filesystem(FilesystemTrigger::new("/pictures")),
        TriggerKind::Maintenance => {
            Trigger::Maintenance(MaintenanceTrigger::periodic(Duration::from_secs(3_600)))
        }
        TriggerKind::System => Trigger::System(SystemTrigger::new(SystemEvent::TimeZoneChange)),
        TriggerKind::Socket => Trigger::Socket(SocketTrigger::tcp(LISTEN)),
        TriggerKind::Signal => {
            Trigger::Signal(SignalTrigger { one_shot: true, ..SignalTrigger::new("tide/high") })
        }
        TriggerKind::Message => Trigger::Message(MessageTrigger::new("mail/in")),
    }
}

/// Complete but for its trigger.
fn unwoken() -> TaskBuilder {
    TaskBuilder::new("thumbnails").entry_point("resize")
}

/// Complete.
fn task() -> TaskBuilder {
    unwoken().trigger(every(3_600))
}

#[test]
fn what_is_not_said_has_its_default() {
    for kind in TriggerKind::ALL {
        let made = Host::new().build(unwoken().trigger(trigger(kind))).unwrap();
        let overlap = match kind {
            TriggerKind::Application => Overlap::Refuse,
            TriggerKind::Message | TriggerKind::Socket => Overlap::Queue { max: MESSAGES_WAITING },
            _ => Overlap::Coalesce,
        };
        let expected = Registration {
            id: id(1),
            app: app(),
            group: None,
            name: "thumbnails".to_owned(),
            entry_point: Some("resize".to_owned()),
            trigger: trigger(kind),
            conditions: Vec::new(),
            cancel_on_condition_loss: false,
            overlap,
            limits: None,
            retry: RetryPolicy::none(),
            env: Vec::new(),
            args: Vec::new(),
            registered_at: NOW,
        };
        assert_eq!(made, expected, "{kind}");
    }
}

#[test]
fn what_is_said_is_kept() {
    let limits = LimitsRequest { class: Some(Class::Long), deferrals: Some(3), ..LimitsRequest::default() };
    let retry = RetryPolicy::exponential(4).unwrap();
    let made = Host::new()
        .build(
            task()
                .condition(Condition::InternetAvailable)
                .condition(Condition::UserNotPresent)
                .cancel_on_condition_loss(true)
                .overlap(Overlap::Queue { max: 7 })
                .limits(limits.clone())
                .retry(retry)
                .env("FEED", "https://example.org/?a=b")
                .env("EMPTY", "")
                .arg("--all")
                .arg(""),
        )
        .unwrap();
    assert_eq!(made.conditions, [Condition::InternetAvailable, Condition::UserNotPresent]);
    assert!(made.cancel_on_condition_loss);
    assert_eq!((made.overlap, made.limits(), &made.retry), (Overlap::Queue { max: 7 }, &limits, &retry));
    let env = [("FEED", "https://example.org/?a=b"), ("EMPTY", "")];
    assert_eq!(made.env, env.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(made.args, ["--all", ""]);
}

#[test]
fn uwp_001_there_is_exactly_one_trigger() {
    assert_eq!(Host::new().build(unwoken()), Err(RegistrationError::NoTrigger));

    let made = Host::new().build(unwoken().trigger(Trigger::Application).trigger(every(60))).unwrap();
    assert_eq!(made.trigger, every(60), "the second call replaces the first");
}

#[test]
fn uwp_003_a_name_is_kept_as_it_was_set_and_is_no_key() {
    for name in ["x", " Vorschau №1 ", "a\nb", &"n".repeat(NAME_LEN_MAX)] {
        let mut host = Host::new();
        let task = || TaskBuilder::new(name).entry_point("resize").trigger(every(60));
        let first = host.build(task()).unwrap();
        assert_eq!(first.name, name);

        host.registered += 1;
        let second = task().build(id(2), app(), NOW, &host.context()).unwrap();
        assert_eq!((second.name.as_str(), second.id), (name, id(2)));
    }
}

#[test]
fn uwp_006_what_is_wrong_is_found_when_it_is_registered_and_nothing_is_built() {
    for (error, host, task) in errors::each() {
        assert_eq!(host.build(task).unwrap_err(), error);
    }
}

#[test]
fn uwp_008_the_app_must_have_the_entry_point() {
    let host = Host::new();
    for name in ["fetch", "resize"] {
        assert!(host.build(task().entry_point(name)).is_ok());
    }
    assert!(matches!(
        host.build(task().entry_point("resise")),
        Err(RegistrationError::EntryPointNotDeclared { entry_point, .. }) if entry_point == "resise"
    ));
}

#[test]
fn uwp_011_what_runs_in_its_app_needs_no_entry_point_and_no_declaration() {
    let with_app = Host { app: true, ..Host::new() };
    for kind in TriggerKind::ALL {
        let task = TaskBuilder::new("thumbnails").trigger(trigger(kind));
        let made = with_app.build(task.clone()).unwrap();
        assert!(made.is_in_process() && made.entry_point.is_none(), "{kind}");
        assert_eq!(made.check(&with_app.context()), Ok(()), "{kind}");
        // The app has none any more.
        let error = Err(RegistrationError::NoApp { app: app() });
        assert_eq!(made.check(&Host::new().context()), error, "{kind}");
        assert_eq!(Host::new().build(task).map(drop), error, "{kind}");
    }
    let named = with_app.build(task()).unwrap();
    assert!(!named.is_in_process() && named.entry_point.as_deref() == Some("resize"));
    // What is named is looked for all the same.
    assert!(matches!(
        with_app.build(task().entry_point("resise")),
        Err(RegistrationError::EntryPointNotDeclared { .. })
    ));
}

#[test]
fn uwp_010_entry_points_are_compared_case_sensitively() {
    for name in ["Resize", "RESIZE", "resize "] {
        let refused = Host::new().build(task().entry_point(name)).unwrap_err();
        assert!(matches!(refused, RegistrationError::EntryPointNotDeclared { .. }), "{name}: {refused}");
    }
}

#[test]
fn uwp_012_an_app_has_one_application_trigger() {
    let application = || unwoken().trigger(Trigger::Application);
    assert!(Host::new().build(application()).is_ok());

    let host = Host { application: Some(id(7)), ..Host::new() };
    let refused = host.build(application()).unwrap_err();
    assert_eq!(refused, RegistrationError::SecondApplicationTrigger { app: app(), existing: id(7) });
    for kind in TriggerKind::ALL {
        let other = host.build(unwoken().trigger(trigger(kind)));
        assert_eq!(other.is_ok(), kind != TriggerKind::Application, "{kind}: {other:?}");
    }
}

#[test]
fn uwp_015_a_condition_added_after_registering_changes_nothing_that_is_registered() {
    let builder = task().condition(Condition::InternetAvailable);
    let registered = Host::new().build(builder.clone()).unwrap();
    let builder = builder.condition(Condition::UserPresent);
    assert_eq!(registered.conditions, [Condition::InternetAvailable]);
    assert_eq!(Host::new().build(builder).unwrap().conditions.len(), 2);
}

#[test]
fn uwp_026_validating_answers_what_registering_would_and_registers_nothing() {
    for (error, host, task) in errors::each() {
        assert_eq!(host.validate(&task), Err(error));
    }
    let (host, task) = (Host::new(), task());
    for _ in 0..2 {
        assert_eq!(host.validate(&task), Ok(vec![]));
    }
    assert!(host.build(task).is_ok());
}

#[test]
fn uwp_036_a_period_below_the_floor_of_the_profile_is_refused() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    for (floor, nearly) in [
        (Duration::from_secs(1), Duration::from_millis(999)),
        (minutes(15), minutes(15) - Duration::from_nanos(1)),
    ] {
        let timers = TimerProfile { period_min: floor, ..TimerProfile::DEFAULT };
        let host = Host { timers, ..Host::new() };
        let kinds: [fn(Duration) -> Trigger; 4] = [
            |period| Trigger::Time(TimeTrigger::periodic(period)),
            |period| Trigger::Time(TimeTrigger::once(period)),
            |period| Trigger::Maintenance(MaintenanceTrigger::periodic(period)),
            |period| Trigger::Maintenance(MaintenanceTrigger::once(period)),
        ];
        for time in kinds {
            let with = |period| host.build(unwoken().trigger(time(period)));
            assert!(with(floor).is_ok());
            assert!(matches!(with(nearly), Err(RegistrationError::Period { every, .. }) if every == nearly));
            assert!(with(Duration::ZERO).is_err());
        }
    }
}

#[test]
fn uwp_037_a_period_above_the_ceiling_of_the_profile_is_refused() {
    let month = Duration::from_secs(30 * 24 * 60 * 60);
    let year = TimerProfile::DEFAULT.period_max;
    for (timers, longest, too_long) in [
        (TimerProfile::UWP, month - Duration::from_secs(60), month),
        (TimerProfile::DEFAULT, year, year + Duration::from_nanos(1)),
        (TimerProfile::DEFAULT, year, Duration::MAX),
    ] {
        let host = Host { timers, ..Host::new() };
        let with = |period| host.build(unwoken().trigger(Trigger::Time(TimeTrigger::periodic(period))));
        assert!(with(longest).is_ok());
        assert!(matches!(with(too_long), Err(RegistrationError::Period { .. })), "{too_long:?}");
    }
}

#[test]
fn uwp_009_the_entry_point_must_declare_the_kind_of_trigger() {
    for declared in TriggerKind::ALL {
        let entry_point = EntryPoint { name: "resize".to_owned(), triggers: Some(vec![declared]) };
        let host = Host { entry_points: Some(vec![entry_point]), ..Host::new() };
        for kind in TriggerKind::ALL {
            let made = host.build(unwoken().trigger(trigger(kind)));
            match made {
                Ok(_) => assert_eq!(kind, declared),
                Err(RegistrationError::TriggerNotDeclared { kind: refused, .. }) => {
                    assert_eq!(refused, kind);
                    assert_ne!(kind, declared);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn uwp_064_contradictory_conditions_register_and_are_told() {
    let task = task()
        .condition(Condition::UserNotPresent)
        .condition(Condition::InternetAvailable)
        .condition(Condition::UserPresent);
    let host = Host::new();
    let never = vec![(Condition::UserPresent, Condition::UserNotPresent)];
    assert_eq!(host.validate(&task), Ok(never));
    assert_eq!(host.build(task).unwrap().conditions.len(), 3);
}

#[test]
fn the_environment_may_be_as_long_as_its_limit() {
    // A name, a value, and what ends each.
    let value = "v".repeat(ENV_LEN_MAX - "NAME".len() - 2);
    assert!(Host::new().build(task().env("NAME", &value)).is_ok());
    assert!(Host::new().build(task().env("NAME", &value).arg("")).is_err());
}

#[test]
fn empty_arguments_count_too() {
    let many = (0..=ENV_LEN_MAX).fold(task(), |task, _| task.arg(""));
    let refused = Host::new().build(many).unwrap_err();
    assert!(matches!(refused, RegistrationError::Length { field: "env and args", .. }), "{refused}");
}

#[test]
fn as_many_conditions_as_the_limit_are_allowed() {
    let with = |n| (0..n).fold(task(), |task, _| task.condition(Condition::UserPresent));
    assert!(Host::new().build(with(CONDITIONS_MAX)).is_ok());
    assert!(Host::new().build(with(CONDITIONS_MAX + 1)).is_err());
}

#[test]
fn a_class_above_what_the_host_allows_is_no_error_and_a_figure_is() {
    let host =
        Host { limits_max: Limits { wall: Duration::from_secs(10), ..Limits::host_max() }, ..Host::new() };
    assert!(host.build(task()).is_ok(), "the class is cut");
    let limits = LimitsRequest { wall: Some(Duration::from_secs(11)), ..LimitsRequest::default() };
    assert!(matches!(host.build(task().limits(limits)), Err(RegistrationError::Limits(_))));
}

#[test]
fn only_time_and_cron_have_a_schedule() {
    for kind in TriggerKind::ALL {
        let made = Host::new().build(unwoken().trigger(trigger(kind))).unwrap();
        let next = made.schedule().unwrap().map(|schedule| schedule.next_after(NOW).unwrap().to_string());
        let expected = match kind {
            // NOW is 2023-11-14T22:13:20Z.
            TriggerKind::Time | TriggerKind::Maintenance => Some("2023-11-14T23:13:20Z"),
            TriggerKind::Cron => Some("2023-11-15T01:30:00Z"),
            TriggerKind::Application
            | TriggerKind::System
            | TriggerKind::Filesystem
            | TriggerKind::Socket
            | TriggerKind::Signal
            | TriggerKind::Message => None,
        };
        assert_eq!(next.as_deref(), expected, "{kind}");
    }
}

#[test]
fn uwp_033_a_one_shot_schedule_has_one_occurrence() {
    let hour = Duration::from_secs(3_600);
    let made = Host::new().build(unwoken().trigger(Trigger::Time(TimeTrigger::once(hour)))).unwrap();
    let schedule = made.schedule().unwrap().unwrap();
    assert_eq!(schedule.next_after(NOW), Some(NOW + hour));
    assert_eq!(schedule.next_after(NOW + hour), None);
}
