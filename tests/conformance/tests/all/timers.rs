//! How time and maintenance triggers are kept: ticks, jitter, what a restart and a clock that is set make of them, and
//! that what is not due costs nothing.

mod clock;
mod cost;

use std::sync::Arc;
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    App, AppId, Clock, Condition, CronTrigger, EventKind, Fired, Holds, HostBuilder, HostError, IfExists,
    MaintenanceTrigger, Misfire, Outcome, Overlap, Refusal, RegistrationId, TaskBuilder, TimeTrigger,
    TimerProfile, Trigger,
};
use dormouse_core::registration::{RegistrationError, RegistrationStatus};
use dormouse_core::{MemoryStore, SimClock, Store, Timestamp};
use test_artifacts as programs;

use crate::schedule::{LaterIds, started};
use crate::{SECOND, component};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn task(trigger: Trigger) -> TaskBuilder {
    TaskBuilder::new("t").entry_point("main").trigger(trigger)
}

fn every(period: Duration) -> Trigger {
    Trigger::Time(TimeTrigger::periodic(period))
}

fn once(after: Duration) -> Trigger {
    Trigger::Time(TimeTrigger::once(after))
}

fn install(rig: &Rig) {
    rig.install(&component(programs::RUN_RETURNS_OK));
}

/// Of each activation of `id`: the moment that its schedule names, and when it was fired.
async fn fired(rig: &Rig, id: RegistrationId) -> Vec<(Timestamp, Timestamp)> {
    let mut all = Vec::new();
    for event in rig.events.events().into_iter().filter(|e| e.registration == id) {
        if let EventKind::Fired { activation, .. } = event.kind {
            let activation = rig.host.activation(activation).await.unwrap().unwrap();
            all.push((activation.scheduled_for.unwrap(), event.at));
        }
    }
    all
}

/// A store and a clock that outlive their hosts.
struct Machine {
    store: Arc<dyn Store>,
    clock: SimClock,
    timers: TimerProfile,
}

impl Machine {
    fn new(timers: TimerProfile) -> Self {
        Self { store: Arc::new(MemoryStore::new()), clock: SimClock::new(), timers }
    }

    /// One life of a host on it, which ends without a word. `first` is the first of its ids.
    fn host<R>(&self, first: u128, test: impl AsyncFnOnce(&Rig) -> R) -> R {
        let configure = |b: HostBuilder| b.ids(LaterIds::from(first)).timers(self.timers);
        Rig::run_on(self.store.clone(), self.clock.clone(), configure, test)
    }
}

fn the_only(rig: &Rig) -> RegistrationId {
    let all = rig.host.registrations();
    assert_eq!(all.len(), 1);
    all[0].registration.id
}

// ---- one-shots -----------------------------------------------------------------------------------------

#[test]
fn uwp_033_to_035_a_spent_one_shot_stays_listed_and_fires_no_more_over_restarts() {
    let machine = Machine::new(TimerProfile::DEFAULT);
    let id = machine.host(0, async |rig| {
        install(rig);
        let id = rig.register(task(once(MINUTE))).await;
        rig.advance(MINUTE * 2).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        id
    });
    machine.host(1 << 64, async |rig| {
        install(rig);
        rig.advance(HOUR).await;
        assert_eq!(rig.host.fire(id).await.unwrap(), Fired::Refused(Refusal::Spent), "UWP-035");
        rig.clock.jump_by(-7_200_000_000);
        rig.advance(HOUR * 4).await;
        assert_eq!(rig.outcomes(), [], "UWP-033");
        let listed = rig.host.registrations();
        assert_eq!(listed.len(), 1, "UWP-034");
        assert_eq!((listed[0].registration.id, listed[0].status), (id, RegistrationStatus::Spent));
        assert!(rig.host.unregister(id, false).await.unwrap());
        assert_eq!(rig.host.registrations(), []);
    });
}

#[test]
fn a_one_shot_that_came_due_while_the_host_was_away_fires_late_and_once() {
    let machine = Machine::new(TimerProfile::DEFAULT);
    machine.host(0, async |rig| {
        install(rig);
        rig.register(task(once(MINUTE))).await;
    });
    machine.clock.advance(DAY);
    machine.host(1 << 64, async |rig| {
        install(rig);
        rig.advance(DAY).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
    });
}

// ---- bounds and ticks ----------------------------------------------------------------------------------

#[test]
fn uwp_036_and_037_a_period_out_of_the_profiles_bounds_is_refused_and_one_on_them_is_not() {
    let month = DAY * 30;
    for (profile, refused, taken) in [
        (TimerProfile::DEFAULT, [SECOND / 2, DAY * 367], [SECOND, DAY * 366]),
        (TimerProfile::UWP, [MINUTE * 15 - SECOND, month], [MINUTE * 15, month - MINUTE]),
    ] {
        Rig::run_with(
            |b| b.timers(profile),
            async |rig| {
                install(rig);
                for period in refused {
                    for trigger in [every(period), Trigger::Maintenance(MaintenanceTrigger::periodic(period))]
                    {
                        let made =
                            rig.host.register(&Rig::app(), task(trigger), IfExists::AllowDuplicate).await;
                        let period_is_named =
                            matches!(made, Err(HostError::Registration(RegistrationError::Period { .. })));
                        assert!(period_is_named, "{period:?}: {made:?}");
                    }
                }
                assert_eq!(rig.host.registrations(), [], "UWP-006");
                for period in taken {
                    rig.register(task(every(period))).await;
                }
            },
        );
    }
}

#[test]
fn uwp_038_a_run_is_never_early_and_at_most_a_tick_late() {
    let tick = TimerProfile::UWP.tick;
    // The rig's clock begins on a tick; registrations are made on it, just after, in the middle and just before.
    for begin in [Duration::ZERO, SECOND, MINUTE * 7, tick - SECOND] {
        for trigger in [once(MINUTE * 20), every(MINUTE * 30)] {
            Rig::run_with(
                |b| b.timers(TimerProfile::UWP),
                async |rig| {
                    install(rig);
                    rig.advance(begin).await;
                    let registered = rig.now();
                    let id = rig.register(task(trigger.clone())).await;
                    rig.advance(HOUR * 3).await;
                    let fired = fired(rig, id).await;
                    assert!(if trigger.one_shot() { fired.len() == 1 } else { fired.len() >= 4 });
                    let period = if trigger.one_shot() { MINUTE * 20 } else { MINUTE * 30 };
                    for (n, (scheduled_for, at)) in (1..).zip(&fired) {
                        assert_eq!(
                            *scheduled_for,
                            registered + period * n,
                            "the occurrence keeps its moment"
                        );
                        assert!(
                            at >= scheduled_for && at.since(*scheduled_for) < tick,
                            "{begin:?}: {fired:?}"
                        );
                        assert_eq!(at.as_micros() % 900_000_000, 0, "on a tick");
                    }
                    for pair in fired.windows(2) {
                        assert_eq!(pair[1].1.since(pair[0].1), period, "later runs follow every period");
                    }
                },
            );
        }
    }
}

#[test]
fn uwp_039_due_timers_of_different_apps_fire_on_the_same_tick() {
    Rig::run_with(
        |b| b.timers(TimerProfile::UWP),
        async |rig| {
            install(rig);
            let other = AppId::new("other").unwrap();
            let bytes = component(programs::RUN_RETURNS_OK);
            rig.host.install(App::new(other.clone()).entry_point("main", rig.component(&bytes))).unwrap();
            let begin = rig.now();
            rig.advance(SECOND).await;
            rig.register(task(every(MINUTE * 15))).await;
            rig.advance(MINUTE * 3).await;
            rig.host.register(&other, task(every(MINUTE * 20)), IfExists::Error).await.unwrap();
            rig.advance(MINUTE * 3).await;
            let power = Trigger::Maintenance(MaintenanceTrigger::once(MINUTE * 21));
            rig.register(task(power)).await;
            rig.conditions.set(&Condition::ExternalPower, Holds::Met);
            let wakes = rig.timer_wakes();
            rig.advance(MINUTE * 25).await;
            assert_eq!(started(rig), [begin + MINUTE * 30; 3]);
            assert_eq!(rig.timer_wakes() - wakes, 1, "the machine slept in between");
        },
    );
}

#[test]
fn a_cron_trigger_is_kept_to_the_moment_whatever_the_tick() {
    Rig::run_with(
        |b| b.timers(TimerProfile::UWP),
        async |rig| {
            install(rig);
            let begin = rig.now();
            rig.register(task(Trigger::Cron(CronTrigger::new("7 * * * *")))).await;
            rig.advance(HOUR).await;
            assert_eq!(started(rig), [begin + MINUTE * 7]);
        },
    );
}

// ---- jitter --------------------------------------------------------------------------------------------

#[test]
fn jitter_spreads_registrations_and_is_the_same_for_each_after_a_restart() {
    let machine = Machine::new(TimerProfile::DEFAULT);
    let triggers = || {
        let jitter = MINUTE * 30;
        [
            Trigger::Time(TimeTrigger { jitter, ..TimeTrigger::periodic(HOUR) }),
            Trigger::Maintenance(MaintenanceTrigger { jitter, ..MaintenanceTrigger::periodic(HOUR) }),
            Trigger::Cron(CronTrigger { jitter, ..CronTrigger::new("0 * * * *") }),
        ]
    };
    let begin = machine.clock.wall();
    let late = async |rig: &Rig, ids: &[RegistrationId], n: u32| {
        let mut late = Vec::new();
        for id in ids {
            let fired = fired(rig, *id).await;
            assert_eq!(fired.len(), 1);
            let (scheduled_for, at) = fired[0];
            assert_eq!(scheduled_for, begin + HOUR * n, "the occurrence keeps its moment");
            assert!(at.since(scheduled_for) < MINUTE * 30);
            late.push(at.since(scheduled_for));
        }
        late
    };
    let (ids, first) = machine.host(0, async |rig| {
        install(rig);
        let mut ids = Vec::new();
        for trigger in triggers() {
            ids.push(rig.register(task(trigger)).await);
        }
        rig.advance(HOUR + MINUTE * 30).await;
        let late = late(rig, &ids, 1).await;
        (ids, late)
    });
    let distinct: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), 3, "{first:?}");
    let second = machine.host(1 << 64, async |rig| {
        install(rig);
        rig.advance(HOUR).await;
        late(rig, &ids, 2).await
    });
    assert_eq!(first, second);
}

// ---- what a restart finds ------------------------------------------------------------------------------

#[test]
fn what_was_missed_is_caught_up_with_as_the_trigger_says() {
    let queue = Overlap::Queue { max: 100 };
    for (misfire, expected) in [(Misfire::Coalesce, 1), (Misfire::Skip, 0), (Misfire::All, 4)] {
        for trigger in [
            Trigger::Time(TimeTrigger { misfire, ..TimeTrigger::periodic(HOUR) }),
            Trigger::Maintenance(MaintenanceTrigger { misfire, ..MaintenanceTrigger::periodic(HOUR) }),
            Trigger::Cron(CronTrigger { misfire, ..CronTrigger::new("0 * * * *") }),
        ] {
            for timers in [TimerProfile::DEFAULT, TimerProfile::UWP] {
                let machine = Machine::new(timers);
                machine.host(0, async |rig| {
                    install(rig);
                    rig.register(task(trigger.clone()).overlap(queue)).await;
                });
                machine.clock.advance(HOUR * 4 + MINUTE * 30);
                machine.host(1 << 64, async |rig| {
                    install(rig);
                    rig.conditions.set(&Condition::ExternalPower, Holds::Met);
                    rig.settle().await;
                    let id = the_only(rig);
                    assert_eq!(fired(rig, id).await.len(), expected, "{trigger:?}");
                    rig.advance(MINUTE * 30).await;
                    assert_eq!(fired(rig, id).await.len(), expected + 1, "on time again: {trigger:?}");
                });
            }
        }
    }
}

#[test]
fn an_occurrence_is_one_and_the_same_over_restarts_and_whatever_the_clock_shows() {
    let machine = Machine::new(TimerProfile::DEFAULT);
    let begin = machine.clock.wall();
    let firing = machine.host(0, async |rig| {
        install(rig);
        let id = rig.register(task(every(MINUTE))).await;
        rig.advance(MINUTE).await;
        assert_eq!(fired(rig, id).await, [(begin + MINUTE, begin + MINUTE)]);
        let fired = rig.host.runs(Default::default(), 1).await.unwrap();
        rig.host.activation(fired[0].run.activation).await.unwrap().unwrap()
    });
    assert_eq!(firing.key, "2026-01-01T00:01:00Z");
    machine.clock.jump(begin + SECOND);
    machine.host(1 << 64, async |rig| {
        install(rig);
        rig.advance(MINUTE).await;
        assert_eq!(rig.outcomes(), [], "that moment has been");
        rig.advance(MINUTE).await;
        assert_eq!(fired(rig, the_only(rig)).await, [(begin + MINUTE * 2, begin + MINUTE * 2)]);
    });
}
