//! What is seen of a session from inside only. What becomes of an app by the rules is tested with whole hosts, in `tests/`.

mod lanes;
mod races;

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::app::lifecycle::AppState;
use dormouse_core::clock::SimClock;
use dormouse_core::store::{Fault, FaultyStore, StoreError};
use dormouse_core::{LimitsRequest, MemoryStore, TaskBuilder, Trigger};
use futures::future::join;

use super::Launch;
use super::instance::testing::app;
use crate::testing::Rig;

const SECOND: Duration = Duration::from_secs(1);

const PUT: &str = "put_app_state";

/// A rig on a store in which a test may have something fail.
fn rig_on(store: &FaultyStore, test: impl AsyncFnOnce(&Rig)) {
    Rig::run_on(Arc::new(store.clone()), SimClock::new(), |builder| builder, test);
}

fn store() -> FaultyStore {
    FaultyStore::new(Arc::new(MemoryStore::new()))
}

#[test]
fn a_run_that_ends_before_it_was_passed_on_leaves_its_app_as_it_is() {
    let store = store();
    // The app has ended and is to begin anew, and the run to enter it; and the store does not answer to what it was.
    store.at(PUT, 2, Fault::Unanswered);
    rig_on(&store, async |rig| {
        let app = rig.install_app(&app(&[]));
        drop(rig.launch(&app, "").await);
        rig.settle().await;
        app.terminate().await.expect("it is there");
        let limits = LimitsRequest { wall: Some(SECOND), grace: Some(SECOND), ..LimitsRequest::default() };
        let task = TaskBuilder::new("t").trigger(Trigger::Application).limits(limits);
        let id = rig.register(task).await;
        rig.request(id, "").await;
        rig.advance(SECOND * 3).await;
        assert_eq!(rig.outcomes().len(), 1, "{:?}", rig.log(id));
        let session = rig.host.inner.shared.apps.known(&Rig::app()).expect("it was wanted");
        let inner = session.inner();
        assert_eq!((inner.machine.state(), inner.machine.runs()), (AppState::Background, 0));
    });
}

#[test]
fn a_guest_that_says_yes_and_no_to_prelaunch_for_ever_has_one_write_waiting() {
    let store = store();
    rig_on(&store, async |rig| {
        let says = "(call $say (i32.const 0)) (call $say (i32.const 1))".repeat(100);
        let app = rig.install_app(&app(&[("launched", &says)]));
        let _lease = rig.launch(&app, "").await;
        rig.settle().await;
        let puts = store.calls().iter().filter(|call| **call == PUT).count();
        assert_eq!(puts, 2, "that it is there, and what it said last");
        let kept = rig.store.app_state(&Rig::app()).await.expect("the store").expect("a record");
        assert_eq!(kept.prelaunch, Some(true));
    });
}

#[test]
fn nor_has_it_more_while_the_store_refuses_them_all() {
    let store = store();
    rig_on(&store, async |rig| {
        let app =
            rig.install_app(&app(&[("launched", "(call $say (i32.const 1)) (call $say (i32.const 0))")]));
        let _lease = rig.launch(&app, "").await;
        rig.settle().await;
        let before = store.calls().len();
        store.always(PUT, Fault::Refused(StoreError::Unavailable("a test".to_owned())));
        for _ in 0..20 {
            let _lease = rig.launch(&app, "again").await;
            rig.settle().await;
        }
        let tried = |from: usize| store.calls().split_off(from).iter().filter(|call| **call == PUT).count();
        assert_eq!(tried(before), 1, "what it says meanwhile is written with that");
        store.mend();
        rig.advance(SECOND * 10).await;
        assert_eq!(tried(before), 2);
        let kept = rig.store.app_state(&Rig::app()).await.expect("the store").expect("a record");
        assert_eq!(kept.prelaunch, Some(false));
    });
}

#[test]
fn whoever_hides_an_app_that_is_about_to_begin_is_not_told_how_its_last_instance_ended() {
    rig_on(&store(), async |rig| {
        let app = rig.install_app(&app(&[]));
        drop(rig.launch(&app, "").await);
        app.terminate().await.expect("it is there");
        rig.settle().await;
        // The first is asked for, and nothing of it is done, when the second is.
        let both = join(app.launch(Launch::default()), app.hide(None));
        let (lease, hidden) = rig.waited("both", both).await;
        assert_eq!(hidden.expect("it is there").leases, 1, "who launches it wants to see it");
        drop(lease.expect("it is launched"));
    });
}
