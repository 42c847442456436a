//! Tasks that register tasks of their own app.

use std::sync::Arc;

use dormouse::testing::Rig;
use dormouse::{
    App, AppId, EventKind, Fired, IfExists, Outcome, Refusal, RegistrationId, SignalTrigger, TaskBuilder,
    Trigger, TriggerKind,
};
use dormouse_core::store::{Fault, FaultyStore};
use dormouse_core::{MemoryStore, SimClock, StoreError};
use test_artifacts as programs;

use crate::{SECOND, application, component, only, ready, succeeds};

/// Another app, with one registration.
async fn neighbour(rig: &Rig) -> (AppId, RegistrationId) {
    let app = AppId::new("org.example.neighbour").unwrap();
    let task = rig.component(&component(programs::RUN_RETURNS_OK));
    rig.host.install(App::new(app.clone()).entry_point("main", task)).unwrap();
    let made = rig.host.register(&app, application(), IfExists::Error).await.unwrap();
    (app, made.id)
}

/// What failed to register, as the operator hears of it.
fn failures(rig: &Rig) -> Vec<String> {
    let failed = |event: dormouse::Event| match event.kind {
        EventKind::RegistrationFailed { app, error, .. } => {
            assert_eq!(app, Rig::app());
            Some(error)
        }
        _ => None,
    };
    rig.events.events().into_iter().filter_map(failed).collect()
}

#[test]
pub(crate) fn registration_timer() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::REGISTRATION_TIMER).await;
        let ready = "custom:ready".parse().unwrap();
        rig.conditions.set(&ready, dormouse::Holds::Met);
        let completion = rig.fire(id, "60").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        let tasks = rig.host.tasks(&Rig::app());
        let made = tasks[1].registration.id;
        assert_eq!(rig.stdout(), format!("{made}\n"), "UWP-002: the host knows it by the same id");
        // The task that registered it is long gone, and so may be its registration: UWP-019.
        assert!(rig.host.unregister(id, false).await.unwrap());
        rig.advance(SECOND * 59).await;
        assert_eq!(rig.outcomes().len(), 1);
        rig.advance(SECOND * 600).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded, Outcome::Succeeded]);
        assert!(rig.stdout().ends_with("woken by its timer\n"));
    });
}

#[test]
pub(crate) fn registration_refused() {
    Rig::run(async |rig| {
        let task = rig.component(&component(programs::REGISTRATION_REFUSED));
        let kinds = [
            TriggerKind::Application,
            TriggerKind::Time,
            TriggerKind::System,
            TriggerKind::Filesystem,
            TriggerKind::Socket,
        ];
        rig.host.install(App::new(Rig::app()).entry_point("main", task).declares("main", kinds)).unwrap();
        let id = rig.register(application()).await;
        let completion = rig.fire(id, "").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        let said = rig.stdout();
        let expected = [
            ("Incomplete", "exactly one trigger"),
            ("Incomplete", "entry point"),
            ("EntryPointNotDeclared", "no entry point \"other\"; it has main"),
            ("EntryPointNotDeclared", "no entry point \"Main\"; it has main"),
            ("TriggerNotDeclared", "does not declare signal triggers"),
            ("NotGranted", "\"/secret\" is not granted"),
            ("NotGranted", "127.0.0.1:8080 is not granted"),
            ("SecondApplicationTrigger", &id.to_string()),
            ("Invalid", "`trigger.every` is 0ns"),
            ("Invalid", "\"localhost\" is no address with a port"),
            ("Invalid", "`user-presnet` is no condition"),
            ("Invalid", "17; at most 16"),
            ("Invalid", "`overlap` allows none"),
            ("Invalid", "0 attempts"),
            ("Invalid", "`name` has 0 bytes"),
        ];
        assert_eq!(said.lines().count(), expected.len(), "{said}");
        for (line, (kind, part)) in said.lines().zip(expected) {
            assert!(line.starts_with(&format!("{kind}: ")) && line.contains(part), "{kind}, {part}: {line}");
        }
        let told = failures(rig);
        assert!(told.iter().any(|error| error.contains("no entry point \"Main\"")), "UWP-007: {told:#?}");
        assert_eq!(rig.host.registrations().len(), 1, "UWP-006");
    });
}

#[test]
pub(crate) fn registration_long_texts() {
    let said = succeeds(programs::REGISTRATION_LONG_TEXTS, "");
    assert_eq!(said.lines().count(), 10, "{said}");
}

#[test]
pub(crate) fn registration_duplicates() {
    succeeds(programs::REGISTRATION_DUPLICATES, "");
}

#[test]
pub(crate) fn registration_groups() {
    Rig::run(async |rig| {
        let (other, foreign) = neighbour(rig).await;
        let id = ready(rig, programs::REGISTRATION_GROUPS).await;
        let completion = rig.fire(id, foreign.to_string()).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        let app = Rig::app();
        assert_eq!(rig.host.tasks(&other).len(), 1, "UWP-016: another app's stay");
        assert_eq!(rig.host.tasks(&app), []);
        assert_eq!(rig.host.groups(&app), ["org.example.feeds"]);
        let names: Vec<String> = rig
            .host
            .group_tasks(&app, "org.example.feeds")
            .into_iter()
            .map(|record| record.registration.name)
            .collect();
        assert_eq!(names, ["a", "b"], "UWP-018");
        assert_eq!(rig.host.group_tasks(&app, "org.example.a-mail"), [], "UWP-017");
        assert_eq!(rig.host.group_tasks(&other, "org.example.feeds"), [], "another app's group");
    });
}

#[test]
pub(crate) fn registration_unregisters_itself() {
    for (argument, log) in [
        ("", &["unregistered", "ended succeeded"][..]),
        ("cancel", &["unregistered", "cancel: abort by unregister", "ended canceled clean"]),
    ] {
        Rig::run(async |rig| {
            let id = ready(rig, programs::REGISTRATION_UNREGISTERS_ITSELF).await;
            rig.fire(id, argument).await;
            // What it asserts holds, or it would have trapped.
            assert_eq!(only(&rig.log(id), &["unregistered", "cancel", "ended"]), log, "UWP-021, UWP-022");
        });
    }
}

#[test]
pub(crate) fn registration_requests() {
    Rig::run(async |rig| {
        let (_, foreign) = neighbour(rig).await;
        let id = ready(rig, programs::REGISTRATION_REQUESTS).await;
        let completion = rig.fire(id, foreign.to_string()).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded);
        let reason = Refusal::RequestedByTask;
        assert_eq!(only(&rig.log(id), &["refused"]), vec![format!("refused: {reason}"); 2], "UWP-046");
        let noted = rig.store.refusals(id).await.unwrap();
        assert_eq!(noted.iter().map(|r| (r.reason, r.count)).collect::<Vec<_>>(), [(reason, 2)], "UWP-146");
        assert_eq!(rig.store.refusals(foreign).await.unwrap(), [], "nobody writes into another app's record");
        assert_eq!(rig.outcomes().len(), 1);
    });
}

#[test]
pub(crate) fn registration_access() {
    for (argument, said, fires) in [
        ("again", "allowed-subject-to-policy\nallowed-subject-to-policy\nallowed-subject-to-policy\n", true),
        ("", "allowed-subject-to-policy\nallowed-subject-to-policy\n", false),
    ] {
        Rig::run(async |rig| {
            let id = ready(rig, programs::REGISTRATION_ACCESS).await;
            assert_eq!(rig.fire(id, argument).await.run.outcome, Outcome::Succeeded);
            assert_eq!(rig.stdout(), said);
            let again = rig.host.request(id, "").await.unwrap();
            assert_eq!(again == Fired::Refused(Refusal::AccessUnspecified), !fires, "UWP-028: {again:?}");
            // Registering is reported, not refused: UWP-025.
            let trigger = Trigger::Signal(SignalTrigger::new("t"));
            let task = TaskBuilder::new("more").entry_point("main").trigger(trigger);
            let made = rig.host.register(&Rig::app(), task, IfExists::Error).await.unwrap();
            assert_eq!(made.access.refusal().is_none(), fires);
            let kept = rig.store.apps().await.unwrap();
            assert_eq!(kept.iter().map(|record| record.access).collect::<Vec<_>>(), [made.access]);
        });
    }
}

#[test]
pub(crate) fn registration_too_many() {
    Rig::run_with(
        |builder| builder.registrations_per_app(10),
        async |rig| {
            let id = ready(rig, programs::REGISTRATION_TOO_MANY).await;
            assert_eq!(rig.fire(id, "").await.run.outcome, Outcome::Succeeded);
            assert_eq!(rig.stdout(), "9\n", "one is its own");
            assert_eq!(rig.host.registrations().len(), 10);
            // One app's flood is none of another's business.
            neighbour(rig).await;
        },
    );
}

#[test]
pub(crate) fn registration_builders() {
    succeeds(programs::REGISTRATION_BUILDERS, "100");
    // As many as a run may have handles.
    let (completion, ..) = crate::once(programs::REGISTRATION_BUILDERS, "100000");
    assert!(matches!(completion.run.outcome, Outcome::Trapped { .. }), "{:?}", completion.run.outcome);
}

#[test]
pub(crate) fn registration_store() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    Rig::run_on(
        Arc::new(store.clone()),
        SimClock::new(),
        |b| b,
        async |rig| {
            let id = ready(rig, programs::REGISTRATION_STORE).await;
            let full = StoreError::Full("/secret/path is full".to_owned());
            store.always("save_registration", Fault::Refused(full.clone()));
            store.always("remove_registration", Fault::Refused(full));
            assert_eq!(rig.fire(id, "full").await.run.outcome, Outcome::Succeeded);
            assert_eq!(
                failures(rig),
                [
                    "the store did not do it: the store is full: /secret/path is full; free some space and try again"
                ],
                "UWP-007: the operator hears it all"
            );

            store.mend();
            store.always("save_registration", Fault::Unanswered);
            let activation = rig.request(id, "hangs").await;
            rig.until("it registers", |e| matches!(e.kind, EventKind::Progress { value: 1, .. })).await;
            let run = rig.host.running()[0].0;
            rig.settle().await;
            assert!(rig.host.cancel(run, crate::abort()));
            let completion = rig.completed(activation).await;
            let clean = matches!(completion.run.outcome, Outcome::Canceled { forced: false, .. });
            assert!(clean, "{:?}", completion.run.outcome);
            store.mend();
        },
    );
}
