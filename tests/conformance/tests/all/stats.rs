//! A host in figures, and who waits for what.

use dormouse::testing::Rig;
use dormouse::{App, AppId, Condition, Overlap, QuotaPolicy};
use test_artifacts as programs;

use crate::{SECOND, application, component, ready};

#[test]
fn the_figures_are_those_of_what_runs_and_waits() {
    Rig::run_with(
        |builder| builder.slots(2).slots_per_app(1),
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let queue = || application().overlap(Overlap::Queue { max: 9 });
            let mut all = vec![rig.register(queue()).await];
            for (name, condition) in
                [("other", None), ("late", None), ("latched", Some(Condition::UserPresent))]
            {
                let app = AppId::new(name).unwrap();
                let task = rig.component(&component(programs::RUN_SLEEPS));
                rig.host.install(App::new(app.clone()).entry_point("main", task)).unwrap();
                let builder = condition.into_iter().fold(queue(), |builder, one| builder.condition(one));
                all.push(rig.host.register(&app, builder, Default::default()).await.unwrap().id);
            }
            for id in all.iter().copied() {
                rig.request(id, "9000").await;
            }
            let again = rig.request(all[0], "9000").await;
            rig.settle().await;
            let waits = async {
                rig.host.completed(again).await.unwrap();
            };
            let looks = async {
                rig.advance(SECOND).await;
                let stats = rig.host.stats();
                assert_eq!((stats.running, stats.slots_taken, stats.in_flight, stats.paused), (2, 2, 2, 0));
                assert_eq!((stats.slots, stats.slots_per_app), (2, 1));
                assert_eq!((stats.latched, stats.waiting_for_host), (1, 1), "{stats:?}");
                assert_eq!((stats.waiting_for_registration, stats.waiting_for_app), (1, 0));
                assert_eq!((stats.apps, stats.registrations, stats.quarantined), (4, 4, 0));
                assert_eq!(stats.awaited, 1);
                rig.advance(SECOND * 30).await;
            };
            tokio::join!(waits, looks);
            rig.settle().await;
            let stats = rig.host.stats();
            assert_eq!((stats.running, stats.slots_taken, stats.in_flight, stats.awaited), (0, 0, 0, 0));
            assert_eq!((stats.latched, stats.waiting_for_host, stats.waiting_for_registration), (1, 0, 0));
            assert!(stats.renewals > 0);
            assert_eq!((stats.renewals_failed, stats.leases_lost, stats.faults_given_up), (0, 0, 0));
            assert_eq!(stats.engine.allocator, *rig.host.engine().allocator());
        },
    );
}

#[test]
fn a_spent_quota_says_what_is_left_who_is_paused_and_until_when() {
    Rig::run(async |rig| {
        let component = rig.component(&component(programs::PAUSE_COUNTS));
        let policy = QuotaPolicy::new(SECOND, SECOND * 60).unwrap();
        assert_eq!(rig.host.quota(&Rig::app()), None);
        let begin = rig.now();
        rig.host.install(App::new(Rig::app()).entry_point("main", component).quota(policy)).unwrap();
        let fresh = rig.host.quota(&Rig::app()).unwrap();
        assert_eq!((fresh.left, fresh.refills_at, fresh.paused_runs), (SECOND, None, 0));

        let id = rig.register(application()).await;
        rig.request(id, "2").await;
        rig.until("it is paused", |e| matches!(e.kind, dormouse::EventKind::Paused { .. })).await;
        let [spent] = &rig.host.quotas()[..] else { panic!() };
        assert_eq!((spent.policy, spent.left, spent.paused_runs), (policy, std::time::Duration::ZERO, 1));
        assert_eq!(spent.refills_at, Some(begin + SECOND * 60));
        assert_eq!(rig.host.stats().paused, 1);
    });
}

#[test]
fn a_host_says_who_and_since_when_it_is() {
    Rig::run(async |rig| {
        let begin = rig.now();
        rig.advance(SECOND).await;
        assert_eq!((rig.host.started_at(), rig.host.now()), (begin, begin + SECOND));
        assert!(!rig.host.is_stopping() && !rig.host.is_read_only());
        ready(rig, programs::RUN_RETURNS_OK).await;
        rig.host.shutdown(false).await;
        assert!(rig.host.is_stopping());
    });
}
