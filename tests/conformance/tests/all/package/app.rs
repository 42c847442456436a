//! Packages with an app that has a life of its own.

use dormouse::Launch;
use dormouse_core::AppEventKind;
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::lifecycle::AppState;

use super::*;

/// With an app that counts, and takes these activations.
fn takes(version: &str, activations: &str) -> Package {
    let package = Package::new(version);
    package.dir.write("app.wasm", component(programs::APP_KEEPS_STATE)).unwrap();
    package.with(&format!("[app]\ncomponent = \"app.wasm\"\nactivations = [{activations}]"))
}

/// With an app that counts, and a task that runs in it or in `entry_point`.
pub(super) fn counts(version: &str, entry_point: bool) -> Package {
    let package = takes(version, "\"custom\"");
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

pub(super) async fn count(rig: &Rig) -> dormouse::VisibilityLease {
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

#[test]
fn what_a_new_version_takes_besides_is_told_and_needs_no_consent() {
    use ActivationKind::{Custom, File, Launch, Share};
    Machine::new().run(async |rig| {
        let tasks =
            rig.host.install_package(simple("1.0.0").source(), InstallOptions::default()).await.unwrap();
        assert!(tasks.newly_taken.is_empty() && rig.host.packages()[0].activations.is_empty());
        let update =
            async |package: &Package, options| rig.host.update_package(package.source(), options).await;
        let first = takes("1.1.0", "\"custom\"");
        let done = update(&first, InstallOptions::default()).await.unwrap();
        assert_eq!(done.newly_taken, [Launch, Custom].into(), "it has an app now");
        let more = takes("1.2.0", "\"custom\", \"share\"");
        let done = update(&more, InstallOptions::default()).await.unwrap();
        assert_eq!(done.newly_taken, [Share].into());
        assert_eq!(rig.host.packages()[0].activations, [Launch, Share, Custom].into());
        let again = update(&more, InstallOptions::default()).await.unwrap();
        assert!(again.unchanged && again.newly_taken.is_empty());

        // Where there is something to agree to, it is shown beside that, and nobody has to agree to it.
        let asks = takes("1.3.0", "\"file\"").with("[capabilities]\nenv = [\"TOKEN\"]");
        let refused = update(&asks, InstallOptions::default()).await.unwrap_err();
        let InstallError::ConsentNeeded { difference, .. } = refused else { panic!("{refused}") };
        assert_eq!(difference.to_string(), "+ env TOKEN\n+ activation file");
        let taken_more = takes("1.3.0", "\"file\", \"timer\"").with("[capabilities]\nenv = [\"TOKEN\"]");
        let shown = InstallOptions { consent: Consent::To(difference), ..InstallOptions::default() };
        assert!(update(&taken_more, shown).await.unwrap().newly_taken.contains(&File));
    });
}
