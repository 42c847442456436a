//! Packages that are replaced or removed while their app is there, wherever in its life it is and whatever runs in it.

use dormouse::{ActivationId, AppError};
use dormouse_core::Cancellation;
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::app::previous::PreviousExecutionState;

use super::app::{count, counts};
use super::*;

/// An app whose counter is at 1 and saved, and that nobody sees any more.
async fn suspended(rig: &Rig) {
    rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
    drop(count(rig).await);
    rig.until_state(&rig.host.app(&app()).unwrap(), AppState::Suspended).await;
}

/// An app that somebody sees, and a task in it that does as `arguments` say.
async fn at_work(rig: &Rig, arguments: &str) -> (dormouse::VisibilityLease, ActivationId) {
    rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
    let lease = count(rig).await;
    rig.settle().await;
    let running = rig.request(the_one(rig), arguments).await;
    rig.settle().await;
    assert_eq!(rig.host.app(&app()).unwrap().view().runs, 1);
    (lease, running)
}

/// How a run was cancelled, and whether by force.
async fn cancelled(rig: &Rig, activation: ActivationId) -> (Cancellation, bool) {
    let outcome = rig.completed(activation).await.run.outcome.clone();
    let Outcome::Canceled { cancellation, forced } = outcome else { panic!("{outcome:?}") };
    (cancellation, forced)
}

/// Nobody launches it by having replaced it.
async fn is_left_alone(rig: &Rig) {
    rig.advance(SECOND * 3_600).await;
    assert_eq!(rig.host.app(&app()).unwrap().view().state, AppState::NotRunning);
}

#[test]
fn an_update_of_what_is_suspended_says_nothing_to_it_and_keeps_what_it_saved() {
    Machine::new().run(async |rig| {
        suspended(rig).await;
        let said = rig.app_stdout();
        rig.host.update_package(counts("1.1.0", false).source(), consent()).await.unwrap();
        assert_eq!((rig.app_ends(), rig.app_stdout()), (vec![End::HostStopped], said));
        is_left_alone(rig).await;
        let _lease = count(rig).await;
        let restored = "previous=terminated prelaunch=false arguments=\"add:1\"\nrestored 1\ncounter 2\n";
        assert!(rig.app_stdout().contains(restored), "{}", rig.app_stdout());
    });
}

#[test]
fn uwp_089_an_update_tells_the_tasks_in_an_app_first_and_then_has_it_save_what_it_has() {
    Machine::new().run(async |rig| {
        let (lease, running) = at_work(rig, "waits").await;
        rig.host.update_package(counts("1.1.0", false).source(), consent()).await.unwrap();
        let (cancellation, forced) = cancelled(rig, running).await;
        assert_eq!((cancellation.reason, forced), (CancellationReason::ServicingUpdate, false));
        let said = rig.app_stdout();
        let place = |line: &str| said.find(line).unwrap_or_else(|| panic!("no {line} in {said}"));
        assert!(place("task cancelled reason=servicing-update") < place("heard suspending"), "{said}");
        assert_eq!((rig.app_ends(), lease.lost().await), (vec![End::HostStopped], End::HostStopped));
        let runs = rig.outcomes().len();
        is_left_alone(rig).await;
        assert_eq!(rig.outcomes().len(), runs, "nor is the task tried again");

        assert!(
            rig.fire(the_one(rig), "").await.run.outcome.is_success(),
            "the next one is of the new version"
        );
        assert_eq!(rig.host.app(&app()).unwrap().view().session, 2);
    });
}

#[test]
fn an_update_waits_no_longer_than_the_grace_of_a_task_in_an_app_that_does_not_listen() {
    Machine::new().run(async |rig| {
        let (_lease, running) = at_work(rig, "ignores").await;
        let next = counts("1.1.0", false);
        let (host, source) = (rig.host.clone(), next.source());
        let update = tokio::spawn(async move { host.update_package(source, consent()).await });
        assert!(cancelled(rig, running).await.1, "by force, and its app with it (UWP-086)");
        assert_eq!(update.await.unwrap().unwrap().version, "1.1.0");
        assert_eq!(rig.app_ends(), [End::TaskKilled]);
        let next = rig.host.app(&app()).unwrap().look().await.unwrap().next_previous;
        assert_eq!(next, PreviousExecutionState::NotRunning, "it had no chance to save");
        is_left_alone(rig).await;
    });
}

#[test]
fn an_update_may_take_the_life_away() {
    Machine::new().run(async |rig| {
        let (lease, _) = at_work(rig, "waits").await;
        let tasks = Package::new("2.0.0").entry_point("main", programs::RUN_RETURNS_OK, "\"message\"");
        let done = rig.host.update_package(tasks.source(), consent()).await.unwrap();
        assert_eq!((rig.app_ends(), lease.is_valid()), (vec![End::HostStopped], false));
        let gone = rig.host.app(&app()).unwrap_err();
        assert!(matches!(gone, AppError::NoLifecycle { .. }), "{gone}");
        assert_eq!(done.dropped.len(), 1, "what ran in it");
        assert!(rig.host.registrations().is_empty());
    });
}

#[test]
fn row_21_uninstalling_tells_the_tasks_in_an_app_and_not_the_app() {
    Machine::new().run(async |rig| {
        let (lease, running) = at_work(rig, "waits").await;
        rig.host.uninstall_package(&app()).await.unwrap();
        let (cancellation, forced) = cancelled(rig, running).await;
        assert_eq!((cancellation.reason, forced), (CancellationReason::Uninstall, false));
        assert_eq!((rig.app_ends(), lease.lost().await), (vec![End::Uninstalled], End::Uninstalled));
        assert!(!rig.app_stdout().contains("heard suspending"), "{}", rig.app_stdout());
        nothing_is_left(rig).await;
    });
}

#[test]
fn row_21_what_is_suspended_or_does_not_listen_is_removed_too() {
    Machine::new().run(async |rig| {
        suspended(rig).await;
        let said = rig.app_stdout();
        rig.host.uninstall_package(&app()).await.unwrap();
        assert_eq!((rig.app_ends(), rig.app_stdout()), (vec![End::Uninstalled], said));
        nothing_is_left(rig).await;
    });
    Machine::new().run(async |rig| {
        let (_lease, running) = at_work(rig, "ignores").await;
        let host = rig.host.clone();
        let removal = tokio::spawn(async move { host.uninstall_package(&app()).await });
        assert!(cancelled(rig, running).await.1);
        removal.await.unwrap().unwrap();
        nothing_is_left(rig).await;
    });
}

/// The store knows nothing of it, and who installs it again begins anew.
async fn nothing_is_left(rig: &Rig) {
    assert_eq!(rig.store.app_state(&app()).await.unwrap(), None);
    assert!(rig.store.subscribers().await.unwrap().is_empty(), "nobody reads for it");
    assert!(matches!(rig.host.app(&app()), Err(AppError::NotInstalled { .. })));
    assert_eq!(rig.host.stats().app_instances, 0);
    rig.advance(SECOND * 60).await;
    assert_eq!(rig.store.app_state(&app()).await.unwrap(), None, "nor is anything written behind that");

    rig.host.install_package(counts("1.0.0", false).source(), consent()).await.unwrap();
    let said = rig.app_stdout().len();
    let _lease = count(rig).await;
    let anew = "previous=not-running prelaunch=false arguments=\"add:1\"\nstarted fresh\ncounter 1\n";
    let said = rig.app_stdout().split_off(said);
    assert!(said.contains(anew), "{said}");
}
