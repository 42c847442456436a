//! Settings: shared by an app's runs, kept, and limited.

use std::sync::Arc;

use dormouse::testing::Rig;
use dormouse::{AccessStatus, App, AppId, AppLimitsRequest, IfExists, MemoryStore, Outcome};
use dormouse_core::SimClock;
use dormouse_core::StoreError;
use dormouse_core::store::{Fault, FaultyStore, SettingsStore as _, Store};
use test_artifacts as programs;

use crate::{application, component, once, ready};

#[test]
pub(crate) fn settings_values() {
    let (store, clock) = (Arc::new(MemoryStore::new()) as Arc<dyn Store>, SimClock::new());
    for runs in [["1", "2"], ["3", "4"]] {
        let ids = crate::Ids::default();
        // One registration for both hosts, so that its id is the same.
        Rig::run_on(
            store.clone(),
            clock.clone(),
            |builder| builder.ids(ids),
            async |rig| {
                rig.install(&component(programs::SETTINGS_VALUES));
                let made = rig.host.register(&Rig::app(), application(), IfExists::Keep).await.unwrap();
                for run in runs {
                    let outcome = rig.fire(made.id, "").await.run.outcome.clone();
                    assert_eq!(outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
                    assert_eq!(rig.stdout().lines().last(), Some(run));
                }
                assert_eq!(store.setting_names(&Rig::app(), 0, 9).await.unwrap(), [made.id.to_string()]);
            },
        );
    }
}

/// Runs it with these limits; answers what it printed, and how much it was denied.
fn limited(limits: AppLimitsRequest) -> (String, u32) {
    Rig::run(async |rig| {
        let main = rig.component(&component(programs::SETTINGS_LIMITS));
        rig.host.install(App::new(Rig::app()).entry_point("main", main).app_limits(limits)).unwrap();
        let id = rig.register(application()).await;
        let completion = rig.fire(id, "").await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.events.events());
        (rig.stdout(), completion.run.receipt.denials)
    })
}

#[test]
pub(crate) fn settings_limits() {
    let limits = AppLimitsRequest {
        settings: Some(2),
        settings_bytes: Some(80),
        setting_bytes: Some(39),
        ..AppLimitsRequest::none()
    };
    let (stdout, denials) = limited(limits);
    let mut lines = stdout.lines();
    assert_eq!(lines.next_back(), Some("2"), "nothing of a batch is kept that is too much");
    for line in lines {
        let (limit, said) = line.split_once(' ').unwrap();
        assert!(said.contains(&format!("limit `{limit}`")), "{line}");
    }
    assert_eq!(denials, 5);

    let (stdout, denials) = limited(AppLimitsRequest::none());
    assert!(!stdout.contains("Err"), "{stdout}");
    assert_eq!(denials, 0);
}

#[test]
pub(crate) fn settings_pages() {
    let (completion, log, _) = once(programs::SETTINGS_PAGES, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    // Opening the bucket, four batches, four pages, the last of them empty or not: each is a call to the host.
    assert!(completion.run.receipt.host_calls >= 8, "{:?}", completion.run.receipt);
}

#[test]
fn a_decision_whose_answer_was_lost_takes_no_settings() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    Rig::run_on(
        Arc::new(store.clone()),
        SimClock::new(),
        |builder| builder,
        async |rig| {
            let id = ready(rig, programs::SETTINGS_VALUES).await;
            rig.fire(id, "").await;
            rig.host.unregister(id, false).await.unwrap();
            let kept = store.setting_names(&Rig::app(), 0, 9).await.unwrap();
            assert_eq!(kept.len(), 1);
            store.at("save_app", 1, Fault::AnswerLost(StoreError::Unavailable("no answer".to_owned())));
            rig.host.set_access(&Rig::app(), AccessStatus::DeniedByUser).await.unwrap_err();
            // Whoever decides next waits until that is undone.
            rig.host.set_access(&Rig::app(), AccessStatus::AlwaysAllowed).await.unwrap();
            assert_eq!(store.setting_names(&Rig::app(), 0, 9).await.unwrap(), kept);
        },
    );
}

#[test]
fn settings_are_of_one_app_and_go_with_it() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::SETTINGS_VALUES).await;
        let other = AppId::new("other").unwrap();
        let main = rig.component(&component(programs::SETTINGS_VALUES));
        rig.host.install(App::new(other.clone()).entry_point("main", main)).unwrap();
        let theirs = rig.host.register(&other, application(), IfExists::Error).await.unwrap().id;
        for id in [id, theirs] {
            assert_eq!(rig.fire(id, "").await.run.outcome, Outcome::Succeeded, "it begins with none");
        }
        rig.store.remove_app(&other, rig.host.now()).await.unwrap();
        assert!(rig.store.setting_names(&other, 0, 9).await.unwrap().is_empty());
        assert_eq!(rig.store.setting_names(&Rig::app(), 0, 9).await.unwrap(), [id.to_string()]);
    });
}

#[test]
fn settings_that_cannot_be_reached_are_an_error_of_the_guests_and_not_of_the_run() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let refused = Fault::Refused(StoreError::Unavailable("the disk is away".to_owned()));
    store.always("change_settings", refused);
    Rig::run_on(
        Arc::new(store),
        SimClock::new(),
        |builder| builder,
        async |rig| {
            let id = ready(rig, programs::SETTINGS_PAGES).await;
            let outcome = rig.fire(id, "").await.run.outcome.clone();
            let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
            assert!(failure.message.contains("cannot be reached"), "{}", failure.message);
        },
    );
}
