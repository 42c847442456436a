//! A store keeps registrations as JSON, and reads those of an earlier version.

use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::{Host, NOW, app, every, id, task, trigger, unwoken};
use crate::limits::Class;
use crate::schedule::Misfire;
use crate::trigger::{
    CronTrigger, FilesystemTrigger, MaintenanceTrigger, MessageTrigger, Recurrence, SignalTrigger,
    SocketTrigger, SystemEvent, SystemTrigger, TimeTrigger,
};

#[track_caller]
fn survives(registration: &Registration) {
    let new = RegistrationRecord::new(registration.clone(), NOW);
    let record = RegistrationRecord { status: RegistrationStatus::Spent, crashes: 2, ..new };
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<RegistrationRecord>(&json).unwrap(), record, "{json}");
}

#[test]
fn a_registration_of_each_trigger_kind_survives_the_store() {
    for kind in TriggerKind::ALL {
        let bare = Host::new().build(unwoken().trigger(trigger(kind))).unwrap();
        survives(&bare);
        let full = unwoken()
            .trigger(trigger(kind))
            .condition(Condition::FreeNetworkAvailable)
            .condition(Condition::Custom("tide.high".parse().unwrap()))
            .cancel_on_condition_loss(true)
            .overlap(Overlap::Parallel { max: 3 })
            .limits(LimitsRequest { class: Some(Class::Maintenance), ..LimitsRequest::default() })
            .retry(RetryPolicy::exponential(5).unwrap())
            .env("LANG", "de_DE.UTF-8")
            .arg("--all");
        survives(&Host::new().build(full).unwrap());
    }
}

#[test]
fn limits_that_nobody_asked_for_take_no_room() {
    let bare = Host::new().build(task()).unwrap();
    assert_eq!((&bare.limits, bare.limits()), (&None, &LimitsRequest::none()));
    let mut json = serde_json::to_value(&bare).unwrap();
    assert_eq!(json.get("limits"), None);
    // As versions before wrote it.
    json["limits"] = json!({});
    assert_eq!(serde_json::from_value::<Registration>(json).unwrap(), bare);
}

#[test]
fn a_status_is_written_by_its_name() {
    for (status, name) in [(RegistrationStatus::Active, "active"), (RegistrationStatus::Spent, "spent")] {
        assert_eq!((serde_json::to_value(status).unwrap(), status.as_str()), (json!(name), name));
    }
}

#[test]
fn what_was_stored_before_crashes_were_counted_has_none() {
    let record = RegistrationRecord::new(Host::new().build(task()).unwrap(), NOW);
    let mut json = serde_json::to_value(&record).unwrap();
    json.as_object_mut().unwrap().remove("crashes").unwrap();
    assert_eq!(serde_json::from_value::<RegistrationRecord>(json).unwrap(), record);
}

#[test]
fn what_runs_in_its_app_is_stored_without_an_entry_point() {
    let app = Host { app: true, ..Host::new() };
    let made = app.build(TaskBuilder::new("save").trigger(every(60))).unwrap();
    assert!(serde_json::to_value(&made).unwrap().get("entry_point").is_none());
    survives(&made);
}

#[test]
fn what_is_stored_has_the_names_of_the_word_table() {
    let made = Host::new().build(task().condition(Condition::InternetAvailable)).unwrap();
    let json = serde_json::to_value(&made).unwrap();
    assert_eq!(json["trigger"]["kind"], "time");
    assert_eq!(json["trigger"]["misfire"], "coalesce");
    assert_eq!(json["overlap"], json!({ "policy": "coalesce" }));
    assert_eq!(json["conditions"], json!(["internet-available"]));
    assert_eq!(json["registered_at"], NOW.as_micros());
}

#[test]
fn what_was_stored_without_the_optional_fields_is_read_with_their_defaults() {
    let made = Host::new().build(task()).unwrap();
    let mut json = serde_json::to_value(&made).unwrap();
    for field in ["conditions", "cancel_on_condition_loss", "env", "args"] {
        assert!(json.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    assert_eq!(serde_json::from_value::<Registration>(json).unwrap(), made);
}

#[test]
fn uwp_060_a_trigger_of_an_unknown_kind_is_refused_and_never_inert() {
    assert!("bluetooth".parse::<TriggerKind>().is_err());

    let mut json = serde_json::to_value(Host::new().build(task()).unwrap()).unwrap();
    json["trigger"]["kind"] = "bluetooth".into();
    let refused = serde_json::from_value::<Registration>(json).unwrap_err().to_string();
    assert!(refused.contains("`bluetooth`") && refused.contains("`filesystem`"), "{refused}");
}

#[test]
fn a_stored_schedule_that_cannot_be_followed_is_an_error_and_not_a_silence() {
    let made = Host::new().build(task()).unwrap();
    let with = |trigger| Registration { trigger, ..made.clone() }.schedule().unwrap_err();
    let never = with(Trigger::Time(TimeTrigger::periodic(Duration::ZERO)));
    assert!(matches!(never, ScheduleError::Period(_)), "{never}");
    let nowhere = with(Trigger::Cron(CronTrigger::new("0 2 * * *").in_time_zone("Europe/Atlantis")));
    assert!(matches!(nowhere, ScheduleError::Cron(_)), "{nowhere}");
}

fn any_trigger() -> impl Strategy<Value = Trigger> {
    let span = || any::<Duration>();
    let misfire = || prop_oneof![Just(Misfire::Coalesce), Just(Misfire::Skip), Just(Misfire::All)];
    prop_oneof![
        Just(Trigger::Application),
        (span(), any::<bool>(), misfire(), span()).prop_map(|(every, one_shot, misfire, jitter)| {
            Trigger::Time(TimeTrigger { every, one_shot, misfire, jitter })
        }),
        (span(), any::<bool>(), misfire(), span()).prop_map(|(every, one_shot, misfire, jitter)| {
            Trigger::Maintenance(MaintenanceTrigger { every, one_shot, misfire, jitter })
        }),
        (any::<String>(), any::<String>(), misfire(), span()).prop_map(
            |(expression, time_zone, misfire, jitter)| {
                Trigger::Cron(CronTrigger { expression, time_zone, misfire, jitter })
            }
        ),
        (prop::sample::select(SystemEvent::ALL.to_vec()), any::<bool>())
            .prop_map(|(event, one_shot)| Trigger::System(SystemTrigger { event, one_shot })),
        (any::<(std::net::IpAddr, u16)>(), prop::option::of(span())).prop_map(|(listen, keep_alive)| {
            Trigger::Socket(SocketTrigger { listen: listen.into(), keep_alive })
        }),
        any::<String>().prop_map(|topic| Trigger::Message(MessageTrigger { topic })),
        (any::<String>(), any::<bool>(), span()).prop_map(|(directory, recursive, settle)| {
            Trigger::Filesystem(FilesystemTrigger { directory, recursive, settle })
        }),
        (any::<String>(), any::<bool>(), prop_oneof![Just(Recurrence::Once), Just(Recurrence::Always)])
            .prop_map(|(topic, one_shot, recurrence)| {
                Trigger::Signal(SignalTrigger { topic, one_shot, recurrence })
            }),
    ]
}

fn any_limits() -> impl Strategy<Value = LimitsRequest> {
    let class = prop_oneof![Just(Class::Default), Just(Class::Long), Just(Class::Maintenance)];
    let spans = any::<[Option<Duration>; 3]>();
    (prop::option::of(class), spans, any::<[Option<u64>; 2]>(), any::<Option<u32>>()).prop_map(
        |(class, [wall, cpu, grace], [memory_bytes, output_bytes], deferrals)| LimitsRequest {
            class,
            wall,
            cpu,
            grace,
            memory_bytes,
            output_bytes,
            deferrals,
            ..LimitsRequest::default()
        },
    )
}

fn any_overlap() -> impl Strategy<Value = Overlap> {
    prop_oneof![
        Just(Overlap::Coalesce),
        Just(Overlap::KeepLatest),
        Just(Overlap::Refuse),
        any::<u32>().prop_map(|max| Overlap::Queue { max }),
        any::<u32>().prop_map(|max| Overlap::Parallel { max }),
    ]
}

/// Factors and shares in hundredths, as people write them: by default `serde_json` reads a fraction of seventeen
/// digits back only to within its last place.
fn any_retry() -> impl Strategy<Value = RetryPolicy> {
    let spans = (1..1_000_000_u64, 0..1_000_000_u64);
    (1..=RetryPolicy::ATTEMPTS_MAX, spans, 100..=1_000_u32, 0..=100_u32).prop_map(
        |(attempts, (initial, more), factor, jitter)| {
            let [initial, max] = [initial, initial + more].map(Duration::from_millis);
            let [factor, jitter] = [factor, jitter].map(|hundredths| f64::from(hundredths) / 100.0);
            RetryPolicy::new(attempts, initial, max, factor, jitter).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn any_registration_survives_the_store(
        trigger in any_trigger(),
        limits in any_limits(),
        overlap in any_overlap(),
        retry in any_retry(),
        (name, entry_point) in any::<(String, Option<String>)>(),
        env in any::<Vec<(String, String)>>(),
        args in any::<Vec<String>>(),
        (cancel_on_condition_loss, micros) in any::<(bool, i64)>(),
    ) {
        survives(&Registration {
            id: id(1),
            app: app(),
            group: None,
            name,
            entry_point,
            trigger,
            conditions: vec![Condition::UserPresent],
            cancel_on_condition_loss,
            overlap,
            limits: Registration::asked(limits),
            retry,
            env,
            args,
            registered_at: Timestamp::from_micros(micros),
        });
    }

    #[test]
    fn a_registration_that_was_accepted_has_a_schedule_that_can_be_followed(seconds in 1..=TimerProfile::DEFAULT.period_max.as_secs()) {
        let made = Host::new().build(unwoken().trigger(every(seconds))).unwrap();
        let schedule = made.schedule().unwrap().unwrap();
        prop_assert_eq!(schedule.next_after(NOW), Some(NOW + Duration::from_secs(seconds)));
    }
}
