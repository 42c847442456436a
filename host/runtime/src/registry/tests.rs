use std::time::Duration;

use dormouse_core::registration::{EntryPoint, RegistrationContext, RegistrationRecord};
use dormouse_core::{Limits, TaskBuilder, TimeTrigger, TimerProfile};

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(n)
}

fn app() -> AppId {
    AppId::new("app").unwrap()
}

/// Registration `n`, made at `made`, with a timer of an hour.
fn known(n: u128, made: i64, group: Option<&str>, name: &str) -> Arc<Known> {
    let id = RegistrationId::from_uuid(Uuid::from_u128(n));
    let limits = Limits::host_max();
    let entry_points = [EntryPoint::any("main")];
    let context = RegistrationContext {
        entry_points: Some(&entry_points),
        app: false,
        directories: &[],
        listen: &[],
        application: None,
        registered: 0,
        registered_max: 1,
        timers: TimerProfile::DEFAULT,
        limits_max: &limits,
    };
    let trigger = Trigger::Time(TimeTrigger::periodic(HOUR));
    let mut builder = TaskBuilder::new(name).entry_point("main").trigger(trigger);
    if let Some(group) = group {
        builder = builder.group(group);
    }
    let registration = builder.build(id, app(), at(made), &context).unwrap();
    let schedule = registration.schedule().unwrap();
    let pace = TimerProfile::DEFAULT.pace(&registration);
    let record = RegistrationRecord::new(registration, at(made));
    Arc::new(Known::new(record, schedule, pace))
}

fn registry(all: &[&Arc<Known>]) -> Registry {
    let mut registry = Registry::default();
    for known in all {
        registry.insert(Arc::clone(known));
    }
    registry
}

#[test]
fn a_name_is_found_within_its_group_and_the_oldest_of_it_first() {
    let (young, old) = (known(1, 20, None, "b"), known(2, 10, None, "b"));
    let (grouped, other) = (known(3, 5, Some("g"), "b"), known(4, 1, None, "c"));
    let mut registry = registry(&[&young, &old, &grouped, &other]);
    let found = |registry: &Registry, group: Option<&str>, name: &str| {
        registry.named(&app(), group, name).map(|known| known.registration.id.as_uuid().as_u128())
    };
    assert_eq!(found(&registry, None, "b"), Some(2));
    assert_eq!(found(&registry, Some("g"), "b"), Some(3));
    for (group, name) in [(None, "a"), (None, "bb"), (None, "d"), (Some("g"), "c"), (Some("h"), "b")] {
        assert_eq!(found(&registry, group, name), None, "{group:?} {name}");
    }
    registry.remove(old.registration.id);
    assert_eq!(found(&registry, None, "b"), Some(1));
    registry.remove(young.registration.id);
    assert_eq!(found(&registry, None, "b"), None);
}

#[test]
fn what_was_taken_is_due_again_when_it_is_armed_and_not_before() {
    let timer = known(1, 0, None, "t");
    let mut registry = registry(&[&timer]);
    let hour = at(0) + HOUR;
    assert_eq!(registry.next_due(), Some(hour));
    assert_eq!(registry.take_due(hour, 10).len(), 1);
    assert_eq!((registry.take_due(hour, 10).len(), registry.next_due()), (0, None));
    timer.advance(hour);
    registry.arm(&timer, timer.next_due());
    assert_eq!(registry.next_due(), Some(hour + HOUR));
}

#[test]
fn nobody_arms_what_has_been_replaced_or_removed() {
    let (before, after) = (known(1, 0, None, "t"), known(1, 100, None, "t"));
    let mut registry = registry(&[&before, &after]);
    registry.arm(&before, Some(at(1)));
    assert_eq!(registry.next_due(), Some(at(100) + HOUR));
    registry.remove(after.registration.id);
    registry.arm(&after, Some(at(1)));
    assert_eq!(registry.next_due(), None);
}

#[test]
fn an_app_that_is_installed_again_has_all_its_timers_armed() {
    let (first, second) = (known(1, 0, None, "t"), known(2, 5, None, "t"));
    let mut registry = registry(&[&first, &second]);
    assert_eq!(registry.take_due(at(5) + HOUR, 10).len(), 2);
    registry.arm_app(&app());
    assert_eq!(registry.take_due(at(5) + HOUR, 10).len(), 2);
}
