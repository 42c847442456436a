//! Nothing is told, answered or run before it is durable, and nothing that was is lost: each command of the store, in
//! turn, is refused, loses its answer, or is the last thing that its host does.

mod auditor;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    FireOptions, Fired, HostBuilder, Overlap, RegistrationId, Store, TaskBuilder, TimeTrigger, Trigger,
    TriggerDetails,
};
use dormouse_core::store::{Fault, FaultyStore};
use dormouse_core::{Cursor, MemoryStore, SimClock, StoreError};
use test_artifacts as programs;

use crate::component;
use crate::schedule::LaterIds;
use auditor::{Auditor, Witness};

const MINUTE: Duration = Duration::from_secs(60);

/// What the commands that write are called, those of one life of a host.
const WRITES: [&str; 7] =
    ["save_registration", "enqueue", "claim", "renew", "finish", "commit_cursor", "advance_watermark"];

/// Calls of one command that are tried: the first ones, and whatever comes later does as they do.
const CALLS: usize = 6;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// One life of a host. Each step may fail, and may never be answered.
async fn life(rig: &Rig, witness: &Mutex<Witness>) {
    rig.install(&component(programs::RUN_RETURNS_OK));
    let hour = 60 * MINUTE;
    let queue = TaskBuilder::new("queue").entry_point("main").trigger(Trigger::Application);
    let tick =
        TaskBuilder::new("tick").entry_point("main").trigger(Trigger::Time(TimeTrigger::periodic(MINUTE)));
    let Some(queue) = registered(rig, queue.overlap(Overlap::Queue { max: 9 })).await else { return };
    if registered(rig, tick).await.is_none() {
        return;
    }
    for key in KEYS {
        let details = TriggerDetails::Application(key.as_bytes().to_vec());
        // Whoever had no answer asks again, for the same.
        for _ in 0..3 {
            let options = FireOptions { details: details.clone(), key: Some(key.to_owned()) };
            match within(rig, hour, rig.host.fire_with(queue, options)).await {
                Some(Ok(Fired::Refused(reason))) => panic!("the firing was refused: {reason}"),
                Some(Ok(fired)) => {
                    let activation = fired.activation().unwrap();
                    witness.lock().unwrap().accepted.insert(activation);
                    break;
                }
                Some(Err(_)) => {}
                None => return,
            }
        }
    }
    let Some(Ok(mut subscription)) = within(rig, hour, rig.host.subscribe("audit")).await else { return };
    while let Some(Ok(completion)) = within(rig, 3 * MINUTE, subscription.next_completion()).await {
        witness.lock().unwrap().told(&completion);
        if within(rig, hour, subscription.ack(completion.cursor)).await.is_none() {
            return;
        }
        if completion.cursor >= Cursor(12) {
            return;
        }
    }
}

async fn registered(rig: &Rig, builder: TaskBuilder) -> Option<RegistrationId> {
    let app = Rig::app();
    for _ in 0..3 {
        let made = rig.host.register(&app, builder.clone(), dormouse::IfExists::default());
        if let Ok(made) = within(rig, 60 * MINUTE, made).await? {
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

/// Lives once with `fault` at the `nth` call of `command`, and once more on what that left. Answers the calls of the
/// first life.
fn two_lives(fault: Option<(&'static str, usize, Fault)>) -> Vec<&'static str> {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = SimClock::new();
    let witness = Arc::new(Mutex::new(Witness::default()));
    let faulty = FaultyStore::new(inner.clone());
    let case = format!("{fault:?}");
    if let Some((command, nth, fault)) = fault {
        faulty.at(command, nth, fault);
    }
    let watched = |builder: HostBuilder| builder.observer(Arc::new(Auditor::new(inner.clone())));
    Rig::run_on(Arc::new(faulty.clone()), clock.clone(), watched, async |rig| life(rig, &witness).await);
    let ids = |builder: HostBuilder| watched(builder).ids(LaterIds::from(1 << 64));
    Rig::run_on(inner.clone(), clock, ids, async |rig| {
        life(rig, &witness).await;
        // Leases of runs that nobody began end by themselves.
        rig.advance(10 * MINUTE).await;
        let mut rest = rig.host.subscribe("audit").await.unwrap();
        while let Some(completion) = within(rig, Duration::ZERO, rest.next_completion()).await {
            witness.lock().unwrap().told(&completion.unwrap());
        }
    });
    witness.lock().unwrap().audit(&*inner, &case);
    faulty.calls()
}

#[test]
fn whatever_befalls_a_command_nothing_accepted_is_lost_and_nothing_is_told_too_early() {
    let calls = two_lives(None);
    let mut tried = 0;
    for command in WRITES {
        let called = calls.iter().filter(|call| **call == command).count();
        for nth in 1..=called.min(CALLS) {
            let error = || StoreError::Unavailable("the disk hiccups".to_owned());
            for fault in
                [Fault::Refused(error()), Fault::AnswerLost(error()), Fault::CrashBefore, Fault::CrashAfter]
            {
                two_lives(Some((command, nth, fault)));
                tried += 1;
            }
        }
    }
    for command in ["save_registration", "enqueue", "finish", "commit_cursor"] {
        assert!(calls.contains(&command), "{command} was not tried: {calls:?}");
    }
    assert!(tried >= 60, "only {tried} faults were tried");
}

#[test]
fn an_auditor_sees_what_is_told_before_it_is_durable() {
    use dormouse_core::{ActivationId, Event, EventKind, Observer as _, RunId, Timestamp};
    let auditor = Auditor::new(Arc::new(MemoryStore::new()));
    let activation = ActivationId::from_uuid(uuid::Uuid::from_u128(1));
    let run = RunId::from_uuid(uuid::Uuid::from_u128(2));
    let registration = RegistrationId::from_uuid(uuid::Uuid::from_u128(3));
    for kind in [
        EventKind::Fired { activation, coalesced: 1 },
        EventKind::Started { activation, run, attempt: 1 },
        EventKind::Completed { activation, success: true },
    ] {
        let event = Event { at: Timestamp::from_millis(0), registration, kind };
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| auditor.observe(&event)));
        assert!(seen.is_err(), "{event:?} passed");
    }
}
