use std::time::Duration;

use dormouse_core::registration::RegistrationContext;
use dormouse_core::{
    Class, CronTrigger, FilesystemTrigger, Limits, LimitsRequest, MaintenanceTrigger, MessageTrigger,
    Misfire, Overlap, Recurrence, Registration, RegistrationId, RetryPolicy, SignalTrigger, SocketTrigger,
    SystemEvent, SystemTrigger, TimeTrigger, TimerProfile, Timestamp, Trigger, TriggerKind,
};

use super::*;
use crate::capabilities::DirectoryAccess;

mod app;
mod errors;
mod lifecycle;
mod limits;
mod properties;

/// Everything that a manifest may have, once.
const WHOLE: &str = r#"[package]
name = "org.example.feeds"
version = "1.4.0-beta.2+5"
description = "Reads feeds."
update-task = "migrate"

[entry-points.migrate]
component = "tasks/migrate.wasm"
triggers = []

[entry-points.refresh]
component = "refresh.wasm"
triggers = ["application", "time", "cron", "maintenance", "system", "filesystem", "socket", "signal", "message"]

[capabilities]
network = ["api.example.org:443", "[::1]:8080"]
listen = ["127.0.0.1:8080"]
env = ["API_TOKEN"]
class = "long"

[capabilities.directories]
"/pictures" = "read-only"
"/thumbnails" = "read-write"

[[registrations]]
name = "hourly"
entry-point = "refresh"
trigger = { cron = "0 * * * *", time-zone = "Europe/Berlin" }
conditions = ["internet-available", "battery-above:30"]
cancel-on-condition-loss = true
overlap = { queue = 10 }
group = "org.example.group"
retry = 3
limits = { class = "long", cpu = "5s", wall = "30s", grace = "2s", memory = "64MiB", output = "1MiB", deferrals = 4 }
env = { LANG = "C" }
args = ["--quick"]

[app-limits]
folder-bytes = "256MiB"
settings = 500

[quota]
cpu = "2s"
window = "15m"
"#;

/// A manifest with one registration that says `lines`.
fn with(lines: &str) -> String {
    let end = WHOLE.find("[[registrations]]").unwrap();
    format!("{}[[registrations]]\nname = \"r\"\nentry-point = \"refresh\"\n{lines}\n", &WHOLE[..end])
}

fn parse(text: &str) -> Manifest {
    Manifest::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn error(text: &str) -> String {
    match Manifest::parse(text.as_bytes()) {
        Ok(_) => panic!("not refused:\n{text}"),
        Err(error) => error.to_string(),
    }
}

/// The only registration of `manifest`, as a host makes it.
fn registered(manifest: &Manifest) -> Registration {
    let [task] = manifest.registrations.as_slice() else { panic!("{manifest:?}") };
    let context = RegistrationContext {
        entry_points: Some(&manifest.declared()),
        app: manifest.app().is_some(),
        directories: &manifest.capabilities.directories.keys().cloned().collect::<Vec<_>>(),
        listen: &manifest.capabilities.listen.iter().copied().collect::<Vec<_>>(),
        application: None,
        registered: 0,
        registered_max: 1,
        timers: TimerProfile::DEFAULT,
        limits_max: &Limits::host_max(),
    };
    let id = RegistrationId::from_uuid(Default::default());
    task.clone().build(id, manifest.name.clone(), Timestamp::from_millis(0), &context).unwrap()
}

#[test]
fn everything_in_a_manifest_is_read() {
    let manifest = parse(WHOLE);
    assert_eq!(manifest.name.as_str(), "org.example.feeds");
    assert_eq!(manifest.version, semver::Version::parse("1.4.0-beta.2+5").unwrap());
    assert_eq!(manifest.description.as_deref(), Some("Reads feeds."));
    assert_eq!(manifest.update_task.as_deref(), Some("migrate"));
    assert_eq!(manifest.entry_points["migrate"].component.as_str(), "tasks/migrate.wasm");
    assert_eq!(manifest.entry_points["migrate"].triggers, []);
    assert_eq!(manifest.entry_points["refresh"].triggers, TriggerKind::ALL);
    assert_eq!(manifest.declared()[1].name, "refresh");

    let asked = &manifest.capabilities;
    let network: Vec<_> = asked.network.iter().map(ToString::to_string).collect();
    assert_eq!(network, ["api.example.org:443", "[::1]:8080"]);
    assert_eq!(asked.listen.first(), Some(&"127.0.0.1:8080".parse().unwrap()));
    assert_eq!(asked.env.first().map(String::as_str), Some("API_TOKEN"));
    assert_eq!(asked.class, Some(Class::Long));
    assert_eq!(asked.directories["/pictures"], DirectoryAccess::ReadOnly);
    assert_eq!(asked.directories["/thumbnails"], DirectoryAccess::ReadWrite);

    let keeps =
        AppLimitsRequest { folder_bytes: Some(256 << 20), settings: Some(500), ..AppLimitsRequest::none() };
    assert_eq!((manifest.app_limits, manifest.quota), (keeps, Some(QuotaPolicy::UWP8)));

    let registration = registered(&manifest);
    assert_eq!(registration.name, "hourly");
    assert_eq!(registration.entry_point.as_deref(), Some("refresh"));
    assert_eq!(manifest.app(), None);
    assert_eq!(
        registration.trigger,
        Trigger::Cron(CronTrigger::new("0 * * * *").in_time_zone("Europe/Berlin"))
    );
    let conditions: Vec<_> = registration.conditions.iter().map(ToString::to_string).collect();
    assert_eq!(conditions, ["internet-available", "battery-above:30"]);
    assert!(registration.cancel_on_condition_loss);
    assert_eq!(registration.overlap, Overlap::Queue { max: 10 });
    assert_eq!(registration.group.as_deref(), Some("org.example.group"));
    assert_eq!(registration.retry, RetryPolicy::exponential(4).unwrap());
    let limits = LimitsRequest {
        class: Some(Class::Long),
        cpu: Some(Duration::from_secs(5)),
        wall: Some(Duration::from_secs(30)),
        grace: Some(Duration::from_secs(2)),
        memory_bytes: Some(64 << 20),
        output_bytes: Some(1 << 20),
        deferrals: Some(4),
        ..LimitsRequest::default()
    };
    assert_eq!(*registration.limits(), limits);
    assert_eq!(registration.env, [("LANG".to_owned(), "C".to_owned())]);
    assert_eq!(registration.args, ["--quick"]);
}

#[test]
fn a_manifest_needs_little() {
    let manifest = parse(crate::testing::MANIFEST);
    assert_eq!(manifest.capabilities, Capabilities::default());
    assert!(manifest.registrations.is_empty());
    assert_eq!(manifest.update_task, None);
    // As an editor on another system saves it.
    assert_eq!(parse(&WHOLE.replace('\n', "\r\n")).version, parse(WHOLE).version);
}

#[test]
fn each_trigger_has_its_key_and_its_options() {
    let (minutes, hour, second) =
        (Duration::from_secs(15 * 60), Duration::from_secs(3600), Duration::from_secs(1));
    let address = "127.0.0.1:8080".parse().unwrap();
    for (written, trigger) in [
        ("application = true", Trigger::Application),
        ("every = '15m'", Trigger::Time(TimeTrigger::periodic(minutes))),
        ("every = '1h', one-shot = true", Trigger::Time(TimeTrigger::once(hour))),
        (
            "every = '1h', misfire = 'all', jitter = '1s'",
            Trigger::Time(TimeTrigger {
                misfire: Misfire::All,
                jitter: second,
                ..TimeTrigger::periodic(hour)
            }),
        ),
        ("cron = '@daily'", Trigger::Cron(CronTrigger::new("@daily"))),
        (
            "cron = '@daily', misfire = 'skip', jitter = '1s'",
            Trigger::Cron(CronTrigger {
                misfire: Misfire::Skip,
                jitter: second,
                ..CronTrigger::new("@daily")
            }),
        ),
        ("maintenance = '1h'", Trigger::Maintenance(MaintenanceTrigger::periodic(hour))),
        (
            "maintenance = '1h', one-shot = true, misfire = 'skip', jitter = '1s'",
            Trigger::Maintenance(MaintenanceTrigger {
                misfire: Misfire::Skip,
                jitter: second,
                ..MaintenanceTrigger::once(hour)
            }),
        ),
        ("system = 'time-zone-change'", Trigger::System(SystemTrigger::new(SystemEvent::TimeZoneChange))),
        (
            "system = 'internet-available', one-shot = true",
            Trigger::System(SystemTrigger::once(SystemEvent::InternetAvailable)),
        ),
        ("directory = '/pictures'", Trigger::Filesystem(FilesystemTrigger::new("/pictures"))),
        (
            "directory = '/pictures', recursive = true, settle = '1s'",
            Trigger::Filesystem(FilesystemTrigger {
                recursive: true,
                settle: second,
                ..FilesystemTrigger::new("/pictures")
            }),
        ),
        ("listen = '127.0.0.1:8080'", Trigger::Socket(SocketTrigger::tcp(address))),
        (
            "listen = '127.0.0.1:8080', keep-alive = '1s'",
            Trigger::Socket(SocketTrigger { keep_alive: Some(second), ..SocketTrigger::tcp(address) }),
        ),
        ("signal = 'topic'", Trigger::Signal(SignalTrigger::new("topic"))),
        (
            "signal = 'topic', one-shot = true, recurrence = 'once'",
            Trigger::Signal(SignalTrigger {
                one_shot: true,
                recurrence: Recurrence::Once,
                ..SignalTrigger::new("topic")
            }),
        ),
        ("message = 'topic'", Trigger::Message(MessageTrigger::new("topic"))),
    ] {
        let manifest = parse(&with(&format!("trigger = {{ {written} }}")));
        assert_eq!(registered(&manifest).trigger, trigger, "{written}");
    }
}

#[test]
fn an_option_of_another_trigger_is_refused() {
    let options = [
        ("one-shot", "true"),
        ("misfire", "'all'"),
        ("jitter", "'1s'"),
        ("time-zone", "'UTC'"),
        ("recursive", "true"),
        ("settle", "'1s'"),
        ("keep-alive", "'1s'"),
        ("recurrence", "'once'"),
    ];
    let triggers = [
        ("application = true", &[][..]),
        ("every = '15m'", &["one-shot", "misfire", "jitter"]),
        ("cron = '@daily'", &["time-zone", "misfire", "jitter"]),
        ("maintenance = '1h'", &["one-shot", "misfire", "jitter"]),
        ("system = 'user-away'", &["one-shot"]),
        ("directory = '/pictures'", &["recursive", "settle"]),
        ("listen = '127.0.0.1:8080'", &["keep-alive"]),
        ("signal = 'topic'", &["one-shot", "recurrence"]),
        ("message = 'topic'", &[]),
    ];
    for (trigger, has) in triggers {
        for (option, value) in options {
            let text = with(&format!("trigger = {{ {trigger}, {option} = {value} }}"));
            if has.contains(&option) {
                parse(&text);
            } else {
                let error = error(&text);
                assert!(error.contains(&format!("registrations[0].trigger.{option}: ")), "{error}");
                assert!(error.contains("has no such option"), "{error}");
            }
        }
    }
}

#[test]
fn each_overlap_policy_and_each_form_of_retry_is_read() {
    let trigger = "trigger = { signal = 'topic' }";
    for (written, overlap) in [
        ("", Overlap::Coalesce),
        ("overlap = 'coalesce'", Overlap::Coalesce),
        ("overlap = 'keep-latest'", Overlap::KeepLatest),
        ("overlap = 'refuse'", Overlap::Refuse),
        ("overlap = { queue = 10 }", Overlap::Queue { max: 10 }),
        ("overlap = { parallel = 4 }", Overlap::Parallel { max: 4 }),
    ] {
        assert_eq!(registered(&parse(&with(&format!("{trigger}\n{written}")))).overlap, overlap, "{written}");
    }
    let second = Duration::from_secs(1);
    for (written, retry) in [
        ("", RetryPolicy::none()),
        ("retry = 0", RetryPolicy::none()),
        ("retry = 3", RetryPolicy::exponential(4).unwrap()),
        ("retry = { times = 3 }", RetryPolicy::exponential(4).unwrap()),
        (
            "retry = { times = 1, initial = '1s', max = '2s', factor = 3.0, jitter = 0.25 }",
            RetryPolicy::new(2, second, 2 * second, 3.0, 0.25).unwrap(),
        ),
        // A first wait above the longest that is usual.
        (
            "retry = { times = 1, initial = '1h' }",
            RetryPolicy::new(2, 3600 * second, 3600 * second, 2.0, 0.5).unwrap(),
        ),
    ] {
        assert_eq!(registered(&parse(&with(&format!("{trigger}\n{written}")))).retry, retry, "{written}");
    }
}

#[test]
fn conditions_that_never_hold_together_are_worth_a_warning() {
    let manifest =
        parse(&with("trigger = { signal = 'topic' }\nconditions = ['user-present', 'user-not-present']"));
    let expected = Contradiction {
        registration: "r".to_owned(),
        one: Condition::UserPresent,
        other: Condition::UserNotPresent,
    };
    assert_eq!(manifest.contradictions, [expected]);
    assert_eq!(parse(WHOLE).contradictions, []);
}

#[test]
fn one_name_is_enough_for_two_groups() {
    let registration = |more: &str| {
        format!(
            "[[registrations]]\nname = 'a'\nentry-point = 'refresh'\ntrigger = {{ signal = 't' }}\n{more}\n"
        )
    };
    let text = format!("{WHOLE}{}{}", registration(""), registration("group = 'g'"));
    assert_eq!(parse(&text).registrations.len(), 3);
    assert!(error(&format!("{text}{}", registration("group = 'g'"))).contains("registrations[3].name"));
}
