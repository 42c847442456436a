//! Registering by the embedding program: what is kept when something goes wrong, and what a replacement finds.

use std::net::SocketAddr;

use dormouse::testing::Rig;
use dormouse::{
    App, EventKind, FilesystemTrigger, Grants, Holds, HostError, IfExists, Outcome, Overlap, SignalTrigger,
    SocketTrigger, TaskBuilder, Trigger,
};
use dormouse_core::store::{Fault, FaultyStore};
use dormouse_core::{MemoryStore, StoreError};
use test_artifacts as programs;

use crate::{SECOND, component, only};

fn on_signal(topic: &str) -> TaskBuilder {
    let trigger = Trigger::Signal(SignalTrigger::new(topic));
    TaskBuilder::new("task").entry_point("main").trigger(trigger)
}

async fn replace(rig: &Rig, builder: TaskBuilder) -> Result<dormouse::Registered, HostError> {
    rig.host.register(&Rig::app(), builder, IfExists::ReplaceIfDifferent).await
}

#[test]
fn what_cannot_listen_is_not_registered_and_what_was_there_goes_on() {
    let folder = cap_tempfile::TempDir::new(cap_tempfile::ambient_authority()).unwrap();
    // Somebody has the address already.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();
    Rig::run(async |rig| {
        let grants = Grants::none()
            .with_directory(folder.try_clone().unwrap(), "/data", dormouse::Access::ReadOnly)
            .unwrap()
            .with_listen(address)
            .unwrap();
        rig.install_with(&component(programs::RUN_RETURNS_OK), grants);
        let task = || TaskBuilder::new("task").entry_point("main");
        let watches = task().trigger(Trigger::Filesystem(FilesystemTrigger::new("/data")));
        let listens = task().trigger(Trigger::Socket(SocketTrigger::tcp(address)));
        let id = replace(rig, watches).await.unwrap().id;

        let error = replace(rig, listens.clone()).await.unwrap_err();
        assert!(matches!(error, HostError::Listen { listen, .. } if listen == address), "{error}");
        let fresh = rig.host.register(&Rig::app(), listens, IfExists::AllowDuplicate).await;
        assert!(matches!(fresh, Err(HostError::Listen { .. })));

        let kept = rig.store.registrations().await.unwrap();
        assert_eq!(rig.host.registrations(), kept, "UWP-006: in the store neither");
        assert_eq!(kept.len(), 1);
        assert!(matches!(kept[0].registration.trigger, Trigger::Filesystem(_)));
        let failed = |e: &dormouse::Event| matches!(e.kind, EventKind::RegistrationFailed { .. });
        assert_eq!(rig.events.events().iter().filter(|e| failed(e)).count(), 2, "UWP-007");

        folder.write("egg", "").unwrap();
        rig.until("the folder is still watched", |e| {
            e.registration == id && matches!(e.kind, EventKind::Completed { .. })
        })
        .await;
    });
}

#[test]
fn another_trigger_takes_effect_at_once_and_the_old_one_is_gone() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = replace(rig, on_signal("old")).await.unwrap().id;
        assert_eq!(replace(rig, on_signal("new")).await.unwrap().id, id, "UWP-027");
        assert_eq!(rig.signal("old", "").await, []);
        assert_eq!(rig.signal("new", "").await.len(), 1);
    });
}

#[test]
fn a_registration_that_is_replaced_while_it_runs_does_not_run_twice() {
    Rig::run(async |rig| {
        rig.install(&component(programs::CANCEL_SLEEPING));
        let id = replace(rig, on_signal("t")).await.unwrap().id;
        rig.signal("t", "").await;
        rig.started(id).await;
        let builder = on_signal("t").overlap(Overlap::Queue { max: 9 });
        assert_eq!(replace(rig, builder).await.unwrap().id, id);
        rig.signal("t", "").await;
        rig.settle().await;
        assert_eq!(rig.host.running().len(), 1, "UWP-056");
        assert_eq!(only(&rig.log(id), &["started"]).len(), 1);
    });
}

#[test]
fn registrations_made_at_once_find_each_other() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let app = Rig::app();
        let twice = || rig.host.register(&app, on_signal("t"), IfExists::ReplaceIfDifferent);
        let (one, other) = futures::join!(twice(), twice());
        assert_eq!(one.unwrap().id, other.unwrap().id);
        let asked = || {
            let builder = TaskBuilder::new("a").entry_point("main").trigger(Trigger::Application);
            rig.host.register(&app, builder, IfExists::AllowDuplicate)
        };
        let (one, other) = futures::join!(asked(), asked());
        assert!(one.is_ok() != other.is_ok(), "UWP-012");
        assert_eq!(rig.host.registrations().len(), 2);
    });
}

#[test]
fn who_stops_waiting_for_a_registration_finds_it_made_all_the_same() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let app = Rig::app();
        let mut made = Box::pin(rig.host.register(&app, on_signal("t"), IfExists::Error));
        assert!(futures::poll!(&mut made).is_pending());
        drop(made);
        rig.settle().await;
        assert_eq!(rig.host.registrations(), rig.store.registrations().await.unwrap());
        assert_eq!(rig.host.tasks(&app).len(), 1);
    });
}

#[test]
fn a_machine_that_saves_energy_registers_all_the_same() {
    Rig::run(async |rig| {
        rig.conditions.set(&dormouse::Condition::EnergySaverOff, Holds::Unmet);
        rig.install(&component(programs::RUN_RETURNS_OK));
        let made = replace(rig, on_signal("t")).await.unwrap();
        assert!(made.access.refusal().is_none(), "UWP-025");
        rig.signal("t", "").await;
        rig.advance(SECOND).await;
        assert_eq!(rig.outcomes(), []);
        rig.conditions.set(&dormouse::Condition::EnergySaverOff, Holds::Met);
        rig.settle().await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
    });
}

#[test]
fn registrations_survive_the_host() {
    use std::sync::Arc;
    let store: Arc<dyn dormouse_core::Store> = Arc::new(MemoryStore::new());
    let clock = dormouse_core::SimClock::new();
    let made = Rig::run_on(
        store.clone(),
        clock.clone(),
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            replace(rig, on_signal("t").group("org.example.group")).await.unwrap();
            rig.host.registrations()
        },
    );
    Rig::run_on(
        store,
        clock,
        |b| b,
        async |rig| {
            assert_eq!(rig.host.registrations(), made, "UWP-020, UWP-002");
            assert_eq!(rig.host.groups(&Rig::app()), ["org.example.group"], "before its app is installed");
            let task = rig.component(&component(programs::RUN_RETURNS_OK));
            rig.host.install(App::new(Rig::app()).entry_point("main", task)).unwrap();
            assert_eq!(rig.signal("t", "").await[0].0, made[0].registration.id);
        },
    );
}

#[test]
fn device_triggers_are_refused_by_name_whatever_they_run_or_wait_for() {
    // There are none here, so that neither a task of the app's own nor a condition can be given to one.
    for kind in ["device-use", "device-servicing"] {
        let error = kind.parse::<dormouse::TriggerKind>().unwrap_err();
        assert!(error.to_string().contains(kind), "UWP-013, UWP-014, UWP-060: {error}");
    }
}

#[test]
fn a_task_validates_before_it_registers() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let app = Rig::app();
        assert_eq!(rig.host.validate(&app, &on_signal("t")).unwrap(), [], "UWP-026");
        let error = rig.host.validate(&app, &TaskBuilder::new("task").entry_point("main")).unwrap_err();
        assert_eq!(error, dormouse::core::RegistrationError::NoTrigger, "UWP-001");
        let error = rig.host.validate(&app, &on_signal("t").entry_point("MAIN")).unwrap_err();
        let undeclared = matches!(error, dormouse::core::RegistrationError::EntryPointNotDeclared { .. });
        assert!(undeclared, "UWP-008, UWP-010: {error}");
        assert_eq!(rig.host.registrations(), [], "UWP-026");
    });
}

#[test]
fn what_the_store_does_not_keep_is_not_listed_and_what_it_does_not_remove_stays() {
    let store = FaultyStore::new(std::sync::Arc::new(MemoryStore::new()));
    Rig::run_on(
        std::sync::Arc::new(store.clone()),
        dormouse_core::SimClock::new(),
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let id = replace(rig, on_signal("old")).await.unwrap().id;
            let full = Fault::Refused(StoreError::Full("the disk is full".to_owned()));
            store.always("save_registration", full.clone());
            store.always("remove_registration", full);
            let error = replace(rig, on_signal("new")).await.unwrap_err();
            assert!(matches!(error, HostError::Store(_)), "{error}");
            let error = rig.host.register(&Rig::app(), on_signal("new"), IfExists::AllowDuplicate).await;
            assert!(matches!(error, Err(HostError::Store(_))));
            assert!(matches!(rig.host.unregister(id, true).await, Err(HostError::Store(_))));
            assert_eq!(rig.host.registrations().len(), 1, "UWP-006");
            assert_eq!(rig.signal("new", "").await, []);
            assert_eq!(rig.signal("old", "").await.len(), 1, "what was there goes on");

            store.mend();
            assert_eq!(replace(rig, on_signal("new")).await.unwrap().id, id);
            assert!(rig.host.unregister(id, false).await.unwrap());
            assert_eq!(rig.host.registrations(), []);
        },
    );
}
