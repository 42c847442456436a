//! A host that ends in the middle: the next one finds the old package or the new one, and does the rest.

use dormouse::EventKind;
use dormouse_core::app::{AppRecord, Unfinished};

use super::{APP, Machine, Package, WHILE, app, consent, names, programs, simple, waiting};

/// The record as it was in the middle of something.
async fn set_unfinished(machine: &Machine, unfinished: Unfinished) {
    let record = machine.store.apps().await.unwrap().remove(0);
    let mut package = record.package.unwrap();
    package.unfinished = Some(unfinished);
    machine.store.save_app(AppRecord { package: Some(package), ..record }).await.unwrap();
}

async fn unfinished(machine: &Machine) -> Option<Unfinished> {
    machine.store.apps().await.unwrap().remove(0).package.unwrap().unfinished
}

#[test]
fn before_the_record_there_is_nothing_and_its_files_are_swept() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
    });
    // As if the process had ended between the files and the record.
    let saved = futures::executor::block_on(async {
        let record = machine.store.apps().await.unwrap().remove(0);
        machine.store.remove_app(&app(), dormouse_core::Timestamp::EPOCH).await.unwrap();
        record
    });
    assert_eq!(machine.kept(), [APP]);
    machine.run(async |rig| assert!(rig.host.packages().is_empty()));
    assert!(machine.kept().is_empty());
    assert_eq!(saved.app, app());
}

#[test]
fn after_the_record_the_registrations_of_the_manifest_are_made() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
        let id = rig.host.registrations()[0].registration.id;
        rig.host.unregister(id, false).await.unwrap();
        set_unfinished(&machine, Unfinished::Installing).await;
    });
    machine.run(async |rig| assert_eq!(names(rig), ["on go"]));
    futures::executor::block_on(async { assert_eq!(unfinished(&machine).await, None) });
}

#[test]
fn an_update_is_followed_through_and_its_task_runs_once() {
    let machine = Machine::new();
    let package = |version: &str| {
        Package::new(version).update_task("migrate").entry_point("migrate", programs::PACKAGE_UPDATE_TASK, "")
    };
    let update = Unfinished::Updating { from: "0.9.0".to_owned() };
    machine.run(async |rig| {
        rig.host.install_package(package("1.0.0").source(), consent()).await.unwrap();
        set_unfinished(&machine, update.clone()).await;
    });
    machine.run(async |rig| {
        rig.until("the update task to end", |e| matches!(e.kind, EventKind::Completed { .. })).await;
        assert_eq!(rig.stdout(), "updated 0.9.0 to 1.0.0\n");
        assert_eq!(unfinished(&machine).await, None);
        // As if that had not been written.
        set_unfinished(&machine, update.clone()).await;
    });
    machine.run(async |rig| {
        rig.advance(WHILE).await;
        assert_eq!(rig.stdout(), "", "it has run for this update");
        assert_eq!(unfinished(&machine).await, None);
    });
}

#[test]
fn a_removal_that_had_begun_is_finished() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(waiting("1.0.0").source(), consent()).await.unwrap();
        set_unfinished(&machine, Unfinished::Uninstalling).await;
    });
    assert!(machine.folders.exists(APP));
    machine.run(async |rig| {
        assert!(rig.host.packages().is_empty() && rig.host.registrations().is_empty());
    });
    assert!(machine.kept().is_empty() && !machine.folders.exists(APP));
    futures::executor::block_on(async {
        assert!(machine.store.apps().await.unwrap().is_empty());
        assert!(machine.store.registrations().await.unwrap().is_empty());
    });
}

#[test]
fn a_package_whose_files_are_damaged_is_left_out_and_the_host_starts() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(simple("1.0.0").source(), consent()).await.unwrap();
    });
    let folder = machine.packages.open_dir(APP).unwrap();
    let digest = folder.entries().unwrap().next().unwrap().unwrap().file_name();
    let files = folder.open_dir(digest).unwrap();
    files.remove_file("main.wasm").unwrap();
    files.write("main.wasm", "no component").unwrap();
    machine.run(async |rig| {
        let [package] = &rig.host.packages()[..] else { panic!() };
        assert!(!package.loaded);
        // An update mends it.
        rig.host.update_package(simple("1.0.1").source(), consent()).await.unwrap();
        assert!(rig.host.packages()[0].loaded);
    });
}
