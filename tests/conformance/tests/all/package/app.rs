//! Packages with an app that has a life of its own.

use dormouse::Launch;
use dormouse_core::AppEventKind;
use dormouse_core::app::lifecycle::AppState;

use super::*;

/// With an app that counts, and a task that runs in it or in `entry_point`.
fn counts(version: &str, entry_point: bool) -> Package {
    let package = Package::new(version);
    package.dir.write("app.wasm", component(programs::APP_KEEPS_STATE)).unwrap();
    let package = package.with("[app]\ncomponent = \"app.wasm\"\nactivations = [\"custom\"]");
    let (package, at) = if entry_point {
        (
            package.entry_point("hosted", programs::TASK_HOSTED, "\"application\""),
            "entry-point = \"hosted\"\n",
        )
    } else {
        (package, "")
    };
    package.with(&format!("[[registrations]]\nname = \"tick\"\n{at}trigger = {{ application = true }}"))
}

fn launched(rig: &Rig, previous: &str) -> bool {
    let heard = format!("heard launched previous={previous} ");
    rig.events
        .app_events()
        .iter()
        .any(|event| matches!(&event.kind, AppEventKind::Output { text, .. } if text.contains(&heard)))
}

async fn count(rig: &Rig) -> dormouse::VisibilityLease {
    let launch = Launch { arguments: "add:1".to_owned() };
    rig.host.app(&app()).unwrap().launch(launch).await.unwrap()
}

#[test]
fn an_app_of_a_package_is_launched_and_found_again_after_a_restart() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
        let _lease = count(rig).await;
        assert!(launched(rig, "not-running"));
        assert!(rig.fire(the_one(rig), "").await.run.outcome.is_success(), "UWP-120");
        rig.host.shutdown(true).await;
    });
    machine.run(async |rig| {
        let handle = rig.host.app(&app()).unwrap();
        assert_eq!(handle.view().state, AppState::NotRunning);
        drop(count(rig).await);
        assert_eq!(handle.view().state, AppState::Foreground);
    });
}

#[test]
fn a_task_moves_into_its_app_and_out_of_it_and_stays_the_same_registration() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(counts("1.0.0", true).source(), consent()).await.unwrap();
        let id = the_one(rig);
        assert!(rig.fire(id, "").await.run.outcome.is_success());
        assert_eq!(rig.host.app(&app()).unwrap().view().session, 0, "it has a sandbox of its own");

        rig.host.update_package(counts("1.1.0", false).source(), consent()).await.unwrap();
        assert_eq!(the_one(rig), id);
        assert!(rig.fire(id, "").await.run.outcome.is_success());
        assert_eq!(rig.host.app(&app()).unwrap().view().session, 1, "it has its app's");

        rig.host.update_package(counts("1.2.0", true).source(), consent()).await.unwrap();
        assert_eq!(the_one(rig), id);
        assert!(rig.fire(id, "").await.run.outcome.is_success());
        assert_eq!(rig.host.explain(id).await.unwrap().unwrap().history.len(), 3, "and its history");
    });
}

#[test]
fn an_update_ends_what_is_there_in_good_order_and_the_new_version_restores_it() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
        let lease = count(rig).await;
        rig.host.update_package(counts("1.1.0", false).source(), consent()).await.unwrap();
        assert!(!lease.is_valid());
        assert_eq!(
            rig.host.app(&app()).unwrap().view().state,
            AppState::NotRunning,
            "nobody launches it anew"
        );
        let _lease = count(rig).await;
        assert!(launched(rig, "terminated"));
    });
}

#[test]
fn row_21_what_is_removed_is_ended_without_a_word_and_nothing_of_it_is_kept() {
    let machine = Machine::new();
    machine.run(async |rig| {
        rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
        let lease = count(rig).await;
        rig.host.uninstall_package(&app()).await.unwrap();
        assert_eq!(lease.lost().await.as_str(), "uninstalled");
        assert_eq!(rig.store.app_state(&app()).await.unwrap(), None);
        assert!(rig.host.app(&app()).is_err());
        rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
        drop(count(rig).await);
        assert!(!launched(rig, "terminated"), "it begins anew");
    });
}
