//! What happens to an app between two things that are done about it.

use std::sync::Arc;

use dormouse_core::app::lifecycle::{AppState, End, ExtensionReason, RevokedReason};
use dormouse_core::app::policy::MemoryAsked;
use dormouse_core::outcome::MESSAGE_LEN_MAX;
use dormouse_core::store::{Fault, StoreError};
use dormouse_core::{Outcome, TaskBuilder, TrapKind, Trigger};
use futures::FutureExt;
use futures::future::{join, join3};

use super::super::inner::{Because, Shut};
use super::super::instance::testing::app;
use super::super::perform::begin;
use super::super::{AppError, AppHandle, Launch, Session, VisibilityLease, replaced};
use super::{PUT, SECOND, rig_on, store};
use crate::app::App;
use crate::testing::Rig;

/// Takes a deferral of the transition, or the run, that it is called for, and keeps it.
const HOLDS: &str = "(call $hold (local.get 0) (i32.const 512))";
const DEFERS: &str = "(call $defer (local.get 0) (i32.const 512)) (i32.const 0)";

fn session(rig: &Rig) -> Arc<Session> {
    rig.host.inner.shared.apps.known(&Rig::app()).expect("it was wanted")
}

/// Its guest traps, whatever it does.
fn traps(session: &Session, message: &str) {
    session.input(|inner, now| inner.crash((TrapKind::Other, message.to_owned()), now));
}

async fn launch(app: &AppHandle, arguments: &str) -> Result<VisibilityLease, AppError> {
    app.launch(Launch { arguments: arguments.to_owned() }).await
}

#[test]
fn a_guest_has_one_writer_whatever_it_says_while_the_store_is_asked() {
    let store = store();
    rig_on(&store, async |rig| {
        let says = "(call $say (i32.const 1)) (call $say (i32.const 0))";
        let app = rig.install_app(&app(&[("launched", says)]));
        let _lease = rig.launch(&app, "").await;
        rig.settle().await;
        store.always(PUT, Fault::Held(Some(StoreError::Unavailable("a test".to_owned()))));
        for _ in 0..5 {
            let _lease = rig.launch(&app, "again").await;
            rig.settle().await;
            store.answer();
            rig.advance(SECOND * 6).await;
        }
        let puts = || store.calls().iter().filter(|call| **call == PUT).count();
        let before = puts();
        store.mend();
        store.answer();
        rig.advance(SECOND * 10).await;
        assert_eq!(puts() - before, 1, "who tries again writes what it said last");
        let kept = rig.store.app_state(&Rig::app()).await.expect("the store").expect("a record");
        assert_eq!(kept.prelaunch, Some(false));
    });
}

#[test]
fn what_is_said_behind_a_write_that_was_given_up_is_written() {
    let store = store();
    rig_on(&store, async |rig| {
        let app =
            rig.install_app(&app(&[("launched", "(call $say (i32.const 1)) (call $say (i32.const 0))")]));
        let _lease = rig.launch(&app, "").await;
        rig.settle().await;
        store.always(PUT, Fault::Refused(StoreError::Corrupt("a test".to_owned())));
        let _again = rig.launch(&app, "again").await;
        rig.settle().await;
        store.mend();
        let before = store.calls().len();
        let _again = rig.launch(&app, "and again").await;
        rig.settle().await;
        assert!(store.calls().split_off(before).contains(&PUT));
    });
}

#[test]
fn whoever_has_an_app_suspended_is_told_of_its_end_though_another_instance_follows_at_once() {
    rig_on(&store(), async |rig| {
        let app = rig.install_app(&app(&[("suspending", HOLDS)]));
        drop(rig.launch(&app, "").await);
        rig.until_state(&app, AppState::Suspending).await;
        let session = session(rig);
        // Somebody waits for it, and it traps when it was to be suspended.
        let all = join3(launch(&app, "again"), app.suspend(), async { traps(&session, "as asked") });
        let (lease, suspended, ()) = rig.waited("all", all).await;
        assert!(matches!(suspended, Err(AppError::Ended { end: End::Crashed, .. })), "{suspended:?}");
        assert_eq!(app.view().state, AppState::Foreground);
        drop(lease.expect("it is launched"));
        rig.until_state(&app, AppState::Suspending).await;
        let all = join3(launch(&app, "again"), app.resume(), async { traps(&session, "as asked") });
        let (lease, resumed, ()) = rig.waited("all", all).await;
        assert!(matches!(resumed, Err(AppError::Ended { end: End::Crashed, .. })), "{resumed:?}");
        drop(lease.expect("it is launched"));
    });
}

#[test]
fn a_host_that_is_dropped_as_an_instance_begins_leaves_none_behind() {
    rig_on(&store(), async |rig| {
        let _app = rig.install_app(&app(&[]));
        let session = session(rig);
        session.inner().held.insert(7);
        let held = session.inner().abandon();
        drop(held);
        assert!(begin(&session, 1 << 20, 0).is_none());
        assert!(session.inner().life.is_none(), "it would hold the session, which holds it");
        assert!(session.let_go(7).now_or_never().is_some(), "no run waits for it either");
    });
}

#[test]
fn an_extended_execution_that_is_granted_as_the_one_before_is_revoked_is_not() {
    rig_on(&store(), async |rig| {
        let app = rig.install_app(&app(&[]));
        drop(rig.launch(&app, "").await);
        rig.settle().await;
        let session = session(rig);
        // All of it before anything is done about it.
        let (one, other) = session.input(|inner, now| {
            inner.machine.request_extension(ExtensionReason::Unspecified, now.at).expect("it was seen");
            let one = inner.extended.granted();
            let outputs = inner.machine.stop(now.at);
            inner.decide(outputs, Because::Nothing, now);
            inner.machine.request_extension(ExtensionReason::SavingData, now.at).expect("it is told to save");
            (one, inner.extended.granted())
        });
        rig.settle().await;
        let inner = session.inner();
        assert_eq!(inner.extended.revoked(one, &inner.machine), Some(RevokedReason::SystemPolicy));
        assert_eq!(inner.extended.revoked(other, &inner.machine), None);
        assert!(inner.extended.is_current(other));
    });
}

#[test]
fn nothing_is_written_behind_the_removal_of_an_app_while_its_host_stops() {
    let store = store();
    rig_on(&store, async |rig| {
        let _app = rig.install_app(&app(&[]));
        let session = session(rig);
        for shut in [Shut::Stopping, Shut::Gone] {
            session.inner().close(Some(shut));
        }
        session.write_soon();
        rig.settle().await;
        assert!(!store.calls().contains(&PUT), "{:?}", store.calls());
    });
}

#[test]
fn what_is_said_of_a_run_whose_app_trapped_is_bounded_as_a_whole() {
    rig_on(&store(), async |rig| {
        let _app = rig.install_app(&app(&[("background-activated", DEFERS)]));
        let id = rig.register(TaskBuilder::new("t").trigger(Trigger::Application)).await;
        rig.request(id, "").await;
        rig.settle().await;
        traps(&session(rig), &"x".repeat(MESSAGE_LEN_MAX));
        rig.settle().await;
        let [Outcome::Trapped { message, .. }] = &rig.outcomes()[..] else { panic!("{:?}", rig.outcomes()) };
        assert!(message.starts_with("its app ended: xxx"), "{message}");
        assert!(message.len() <= MESSAGE_LEN_MAX + '…'.len_utf8(), "{}", message.len());
    });
}

#[test]
fn what_waits_behind_an_update_has_the_memory_of_the_new_package() {
    rig_on(&store(), async |rig| {
        let lives = rig.app_component(&app(&[]));
        let app = rig.install_app_as(Rig::app(), lives.clone());
        let _lease = rig.launch(&app, "").await;
        let before = app.view().memory_limit;
        // Asked for, both of them, when the old one is there; the second waits.
        let updated = async {
            let asked = MemoryAsked { foreground: Some(before / 2), background: None };
            rig.host.install(App::new(Rig::app()).app(lives.memory(asked))).expect("it installs");
            replaced(&rig.host.inner.shared, &Rig::app()).await;
        };
        let all = join(join(launch(&app, "one"), launch(&app, "two")), updated);
        let ((_, two), ()) = rig.waited("all", all).await;
        let _lease = two.expect("it is launched");
        assert_eq!(rig.app_ends(), [End::HostStopped]);
        assert_eq!(app.view().memory_limit, before / 2);
    });
}
