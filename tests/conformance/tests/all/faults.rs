//! Nothing is told, answered or run before it is durable, and nothing that was is lost: each command of the store, in
//! turn, is refused, loses its answer, or is the last thing that its host does.

mod auditor;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, App, Component, FireOptions, Fired, HostBuilder, MessageTrigger, Overlap, RegistrationId,
    Retention, Store, TaskBuilder, TimeTrigger, Trigger, TriggerDetails,
};
use dormouse_core::store::{Fault, FaultyStore, Redriven};
use dormouse_core::{Cursor, MemoryStore, SimClock, StoreError};
use test_artifacts as programs;

use crate::component;
use crate::schedule::LaterIds;
use auditor::{Auditor, Witness};

const MINUTE: Duration = Duration::from_secs(60);

/// The commands that write, all but those of webhooks.
const WRITES: [&str; 14] = [
    "save_registration",
    "remove_registration",
    "enqueue",
    "claim",
    "renew",
    "finish",
    "reap",
    "commit_cursor",
    "advance_watermark",
    "note_refusal",
    "redrive",
    "forgive",
    "prune",
    "save_app",
];

/// Calls of one command that are tried: the first ones, and whatever comes later does as they do.
const CALLS: usize = 5;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The app of every life: one task that returns, one that fails, one that sleeps. All rigs share an engine.
fn app(rig: &Rig) -> App {
    static TASKS: OnceLock<[Component; 3]> = OnceLock::new();
    let [returns, fails, sleeps] = TASKS.get_or_init(|| {
        [programs::RUN_RETURNS_OK, programs::RUN_FAILS, programs::RUN_SLEEPS]
            .map(|path| rig.component(&component(path)))
    });
    App::new(Rig::app())
        .entry_point("returns", returns.clone())
        .entry_point("fails", fails.clone())
        .entry_point("sleeps", sleeps.clone())
}

fn on_topic(name: &str, entry_point: &str) -> TaskBuilder {
    let trigger = Trigger::Message(MessageTrigger::new(name));
    TaskBuilder::new(name).entry_point(entry_point).trigger(trigger).overlap(Overlap::Queue { max: 9 })
}

/// One life of a host. Each step may fail, and may never be answered: then there is nothing more to this life.
async fn life(rig: &Rig, witness: &Mutex<Witness>) -> Option<()> {
    rig.host.install(app(rig)).unwrap();
    allowed(rig).await?;
    let work = registered(rig, on_topic("work", "returns")).await?;
    let sleeps = TaskBuilder::new("sleeps").entry_point("sleeps").trigger(Trigger::Application);
    let sleeps = registered(rig, sleeps.overlap(Overlap::Queue { max: 9 })).await?;
    let long = || TriggerDetails::Application(b"25000".to_vec());
    let every = Trigger::Time(TimeTrigger::periodic(MINUTE));
    registered(rig, TaskBuilder::new("tick").entry_point("returns").trigger(every)).await?;
    for key in KEYS {
        fired(rig, witness, work, key, TriggerDetails::None).await?;
    }
    // Long enough for its lease to be renewed.
    fired(rig, witness, sleeps, "long", long()).await?;
    let mut subscription = within(rig, HOUR, rig.host.subscribe("audit")).await?.ok()?;
    while let Some(Ok(completion)) = within(rig, 3 * MINUTE, subscription.next_completion()).await {
        witness.lock().unwrap().told(&completion);
        let _ = within(rig, HOUR, subscription.ack(completion.cursor)).await?;
        if completion.cursor >= Cursor(12) {
            break;
        }
    }
    what_an_operator_does(rig, witness).await?;
    // Cut off by the end of this life.
    fired(rig, witness, sleeps, "cut off", long()).await?;
    rig.advance(Duration::from_secs(5)).await;
    Some(())
}

async fn what_an_operator_does(rig: &Rig, witness: &Mutex<Witness>) -> Option<()> {
    let fails = registered(rig, on_topic("fails", "fails")).await?;
    fired(rig, witness, fails, "fails", TriggerDetails::None).await?;
    rig.advance(MINUTE).await;
    let dead = within(rig, HOUR, rig.host.store().dead_letters(Default::default(), 1)).await?;
    for dead in dead.ok()? {
        if let Redriven::Activation(again) = within(rig, HOUR, rig.host.redrive(dead.id)).await?.ok()? {
            witness.lock().unwrap().accepted.insert(again.id);
        }
    }
    rig.advance(MINUTE).await;
    let gone = registered(rig, on_topic("gone", "returns")).await?;
    let _ = within(rig, HOUR, rig.host.unregister(gone, false)).await?;
    // Occurrences of the timer are refused meanwhile.
    let _ = within(rig, HOUR, rig.host.set_access(&Rig::app(), AccessStatus::DeniedByUser)).await?;
    rig.advance(3 * MINUTE).await;
    allowed(rig).await
}

/// An earlier life may have ended while nothing was.
async fn allowed(rig: &Rig) -> Option<()> {
    let app = Rig::app();
    for _ in 0..3 {
        let decided = rig.host.set_access(&app, AccessStatus::AlwaysAllowed);
        if within(rig, HOUR, decided).await?.is_ok() {
            break;
        }
    }
    Some(())
}

/// Fires, and again for the same as long as there is no answer.
async fn fired(
    rig: &Rig,
    witness: &Mutex<Witness>,
    id: RegistrationId,
    key: &str,
    details: TriggerDetails,
) -> Option<()> {
    for _ in 0..3 {
        let options = FireOptions { details: details.clone(), key: Some(key.to_owned()) };
        match within(rig, HOUR, rig.host.fire_with(id, options)).await? {
            // An access that was taken away and could not be given back.
            Ok(Fired::Refused(_)) => return None,
            Ok(fired) => {
                witness.lock().unwrap().accepted.insert(fired.activation().unwrap());
                return Some(());
            }
            Err(_) => {}
        }
    }
    panic!("{key} was not taken in")
}

async fn registered(rig: &Rig, builder: TaskBuilder) -> Option<RegistrationId> {
    let app = Rig::app();
    for _ in 0..3 {
        let made = rig.host.register(&app, builder.clone(), dormouse::IfExists::default());
        if let Ok(made) = within(rig, HOUR, made).await? {
            return Some(made.id);
        }
    }
    panic!("{:?} was not registered", builder);
}

/// What `future` comes to, if that is within `span` of simulated time.
async fn within<T>(rig: &Rig, span: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = future => Some(answer),
        () = rig.advance(span) => None,
    }
}

/// Lives once, and is cut off; once more, with `fault` at the `nth` call of `command`; and once in peace. Answers the
/// calls of the second life.
fn three_lives(fault: Option<(&'static str, usize, Fault)>) -> Vec<&'static str> {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = SimClock::new();
    let witness = Mutex::new(Witness::default());
    let case = format!("{fault:?}");
    let live = |store: Arc<dyn Store>, life_number: u128, last: bool| {
        let violations = witness.lock().unwrap().violations.clone();
        let retention = Retention { every: MINUTE, ..Retention::DEFAULT };
        let configure = |builder: HostBuilder| {
            let auditor = Auditor::new(inner.clone(), violations);
            let ids = LaterIds::from(life_number << 64);
            builder.observer(Arc::new(auditor)).ids(ids).retention(Some(retention))
        };
        Rig::run_on(store, clock.clone(), configure, async |rig| {
            let lived = life(rig, &witness).await;
            if last {
                assert_eq!(lived, Some(()), "{case}: the last life goes on to its end");
                // Leases of runs that nobody began end by themselves.
                rig.advance(10 * MINUTE).await;
                let mut rest = rig.host.subscribe("audit").await.unwrap();
                while let Some(completion) = within(rig, Duration::ZERO, rest.next_completion()).await {
                    witness.lock().unwrap().told(&completion.unwrap());
                }
            }
        });
    };
    live(inner.clone(), 1, false);
    let faulty = FaultyStore::new(inner.clone());
    if let Some((command, nth, fault)) = fault {
        faulty.at(command, nth, fault);
    }
    live(Arc::new(faulty.clone()), 2, false);
    live(inner.clone(), 3, true);
    witness.lock().unwrap().audit(&*inner, &case);
    faulty.calls()
}

#[test]
fn whatever_befalls_a_command_nothing_accepted_is_lost_and_nothing_is_told_too_early() {
    let calls = three_lives(None);
    for command in WRITES {
        let called = calls.iter().filter(|call| **call == command).count();
        assert!(called > 0, "{command} was not called");
        // The first reap is a part of the start: without it there is no host.
        let first = if command == "reap" { 2 } else { 1 };
        for nth in first..=called.min(CALLS) {
            let error = || StoreError::Unavailable("the disk hiccups".to_owned());
            for fault in
                [Fault::Refused(error()), Fault::AnswerLost(error()), Fault::CrashBefore, Fault::CrashAfter]
            {
                three_lives(Some((command, nth, fault)));
            }
        }
    }
}

#[test]
fn an_auditor_sees_what_is_told_before_it_is_durable() {
    use dormouse_core::{ActivationId, Event, EventKind, Observer as _, RunId, Timestamp};
    let violations = Arc::default();
    let auditor = Auditor::new(Arc::new(MemoryStore::new()), Arc::clone(&violations));
    let activation = ActivationId::from_uuid(uuid::Uuid::from_u128(1));
    let run = RunId::from_uuid(uuid::Uuid::from_u128(2));
    let registration = RegistrationId::from_uuid(uuid::Uuid::from_u128(3));
    for kind in [
        EventKind::Fired { activation, coalesced: 1 },
        EventKind::Started { activation, run, attempt: 1 },
        EventKind::Retrying { activation, attempt: 2, not_before: Timestamp::from_millis(1) },
        EventKind::Completed { activation, success: true },
        EventKind::Registered { name: "t".to_owned() },
    ] {
        auditor.observe(&Event { at: Timestamp::from_millis(0), registration, kind });
        assert_eq!(std::mem::take(&mut *violations.lock().unwrap()).len(), 1);
    }
}
