//! A record whose writing had no answer names nothing that is not there.

use dormouse::InstallError;
use dormouse_core::quota::QuotaState;
use dormouse_core::settings::SettingChange;
use dormouse_core::store::{AppStore, Fault, FaultyStore, QuotaStore, SettingsStore};
use dormouse_core::{AppLimits, MemoryStore, StoreError};

use std::sync::Arc;

use super::{APP, Machine, app, consent, names, simple};

fn faulty() -> (FaultyStore, Machine) {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let machine = Machine { store: Arc::new(store.clone()), ..Machine::new() };
    (store, machine)
}

fn lost() -> Fault {
    Fault::AnswerLost(StoreError::Unavailable("no answer".to_owned()))
}

fn saves(store: &FaultyStore) -> usize {
    store.calls().iter().filter(|call| **call == "save_app").count()
}

#[test]
fn an_installation_whose_answer_was_lost_leaves_nothing() {
    let (store, machine) = faulty();
    machine.run(async |rig| {
        store.at("save_app", 1, lost());
        let error = rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap_err();
        assert!(matches!(error, InstallError::Store(_)), "{error}");
        assert!(store.apps().await.unwrap().is_empty() && machine.kept().is_empty());
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
    });
    machine.run(async |rig| assert!(rig.host.packages()[0].loaded));
}

#[test]
fn an_installation_that_comes_to_nothing_takes_nothing_along() {
    let (store, machine) = faulty();
    machine.run(async |rig| {
        // Of an embedded app of the same name, or of a package that was there before.
        let spent = [(app(), QuotaState { window_start: rig.now(), spent_us: 7 })];
        store.save_quotas(&spent).await.unwrap();
        let set = [SettingChange { name: "k".to_owned(), value: Some(b"v".to_vec()) }];
        store.change_settings(&app(), &set, &AppLimits::DEFAULT).await.unwrap().unwrap();
        store.at("save_app", 1, lost());
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap_err();
        assert!(store.apps().await.unwrap().is_empty());
        assert_eq!(store.quotas().await.unwrap(), spent);
        assert_eq!(store.settings(&app(), &["k".to_owned()]).await.unwrap(), [Some(b"v".to_vec())]);
    });
}

#[test]
fn an_update_whose_answer_was_lost_leaves_the_version_that_was_there() {
    let (store, machine) = faulty();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        store.at("save_app", saves(&store) + 1, lost());
        rig.host.update_package(simple("2.0.0").source(), consent()).await.unwrap_err();
        assert_eq!(rig.host.packages()[0].version, "1.0.0");
    });
    machine.run(async |rig| {
        let package = &rig.host.packages()[0];
        assert_eq!((package.version.as_str(), package.loaded, names(rig).len()), ("1.0.0", true, 1));
    });
    assert_eq!(machine.kept(), [APP]);
}

#[test]
fn the_files_stay_while_the_record_may_name_them() {
    let (store, machine) = faulty();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        let saved = saves(&store);
        store.at("save_app", saved + 1, lost());
        // What nobody can write back: the store says that it is damaged.
        store.at("save_app", saved + 2, Fault::Refused(StoreError::Corrupt("a page".to_owned())));
        rig.host.update_package(simple("2.0.0").source(), consent()).await.unwrap_err();
    });
    machine.run(async |rig| {
        let package = &rig.host.packages()[0];
        assert_eq!((package.version.as_str(), package.loaded), ("2.0.0", true));
    });
}
