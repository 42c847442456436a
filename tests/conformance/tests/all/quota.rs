//! Who has which quota of CPU time, and what of it outlives a host (UWP-104 to 106).

mod grace;
mod lived;
mod reserve;

use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    AccessStatus, App, EventKind, HostError, IfExists, Outcome, Profile, QuotaDecision, QuotaPolicy,
    QuotaSource, QuotaView, TaskBuilder, TimeTrigger, Trigger,
};
use test_artifacts as programs;

use crate::{SECOND, application, component, only};

const HOUR: Duration = Duration::from_secs(3_600);

fn of(cpu: Duration, window: Duration) -> QuotaPolicy {
    QuotaPolicy::new(cpu, window).unwrap()
}

fn limited(cpu: Duration, window: Duration) -> Option<QuotaDecision> {
    Some(QuotaDecision::Limited(of(cpu, window)))
}

/// Installs a program as the rig's app, with `quota` as its own.
fn install(rig: &Rig, path: &str, quota: Option<QuotaPolicy>) {
    let app = App::new(Rig::app()).entry_point("main", rig.component(&component(path)));
    rig.host.install(quota.into_iter().fold(app, App::quota)).unwrap();
}

fn view(rig: &Rig) -> QuotaView {
    rig.host.quota(&Rig::app()).unwrap()
}

async fn paused(rig: &Rig) {
    rig.until("it is paused", |event| matches!(event.kind, EventKind::Paused { .. })).await;
}

#[test]
pub(crate) fn quota_left() {
    Rig::run(async |rig| {
        install(rig, programs::QUOTA_LEFT, None);
        let id = rig.register(application()).await;
        assert_eq!(rig.fire(id, "none").await.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        rig.host.set_quota(&Rig::app(), limited(SECOND * 2, HOUR)).await.unwrap();
        assert_eq!(rig.fire(id, "2000").await.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        let left = view(rig).left;
        assert!(left < SECOND * 2 && !left.is_zero(), "{left:?}");
    });
}

#[test]
fn the_operator_decides_before_the_app_and_the_app_before_the_host() {
    Rig::run_with(
        |builder| builder.quota_default(Some(of(SECOND * 3, HOUR))),
        async |rig| {
            let app = Rig::app();
            install(rig, programs::RUN_RETURNS_OK, None);
            assert_eq!((view(rig).policy.cpu(), view(rig).set_by), (SECOND * 3, QuotaSource::Host));
            install(rig, programs::RUN_RETURNS_OK, Some(of(SECOND * 2, HOUR)));
            assert_eq!((view(rig).policy.cpu(), view(rig).set_by), (SECOND * 2, QuotaSource::App));
            rig.host.set_quota(&app, limited(SECOND, HOUR)).await.unwrap();
            assert_eq!((view(rig).policy.cpu(), view(rig).set_by), (SECOND, QuotaSource::Operator));
            rig.host.set_quota(&app, Some(QuotaDecision::Off)).await.unwrap();
            assert_eq!(rig.host.quota(&app), None);
            assert_eq!(rig.host.quota_decision(&app), Some(QuotaDecision::Off));
            rig.host.set_quota(&app, None).await.unwrap();
            assert_eq!((view(rig).policy.cpu(), view(rig).set_by), (SECOND * 2, QuotaSource::App));
        },
    );
}

#[test]
fn a_quota_that_is_set_pauses_what_runs_already_and_one_that_is_taken_away_lets_it_go_on() {
    Rig::run(async |rig| {
        install(rig, programs::CANCEL_POLLING_BUSY, None);
        let id = rig.register(application()).await;
        rig.request(id, "").await;
        rig.started(id).await;
        rig.host.set_quota(&Rig::app(), limited(SECOND, HOUR)).await.unwrap();
        paused(rig).await;
        let begun = rig.now();
        assert_eq!((view(rig).paused_runs, view(rig).left), (1, Duration::ZERO));
        assert!(view(rig).refills_at.is_some_and(|at| at > begun + HOUR / 2));

        // Another window for the same pause: it ends sooner, and is no other one.
        rig.host.set_quota(&Rig::app(), limited(SECOND, SECOND * 60)).await.unwrap();
        rig.settle().await;
        assert!(view(rig).refills_at.is_some_and(|at| at <= begun + SECOND * 60));
        assert_eq!(only(&rig.log(id), &["paused", "resumed"]), ["paused"]);
        rig.host.set_quota(&Rig::app(), Some(QuotaDecision::Off)).await.unwrap();
        rig.until("it goes on", |event| matches!(event.kind, EventKind::Resumed { .. })).await;
        assert_eq!(only(&rig.log(id), &["paused", "resumed"]), ["paused", "resumed"]);
        assert!(rig.now() < begun + SECOND * 30, "it did not wait for the refill");
        rig.host.set_quota(&Rig::app(), limited(SECOND, HOUR)).await.unwrap();
        assert!(view(rig).left < SECOND, "switching it off and on again refills nothing");
    });
}

#[test]
fn a_paused_run_goes_on_at_the_refill_of_the_quota_that_was_set_last() {
    Rig::run(async |rig| {
        install(rig, programs::PAUSE_COUNTS, Some(of(SECOND, HOUR * 24)));
        let id = rig.register(application()).await;
        let activation = rig.request(id, "1").await;
        paused(rig).await;
        rig.host.set_quota(&Rig::app(), limited(SECOND, HOUR)).await.unwrap();
        let completion = rig.completed(activation).await;
        assert_eq!(completion.run.outcome, Outcome::Succeeded, "{:#?}", rig.log(id));
        assert_eq!(completion.run.receipt.suspended_count, 1);
        let paused = completion.run.receipt.paused;
        assert!(paused > HOUR / 2 && paused < HOUR, "{paused:?}");
    });
}

#[test]
fn a_profile_says_what_is_not_said_otherwise() {
    Rig::run_with(
        |builder| builder.profile(Profile::Uwp8),
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, None);
            assert_eq!((view(rig).policy, view(rig).set_by), (QuotaPolicy::UWP8, QuotaSource::Host));
            assert_eq!(rig.host.access_status(&Rig::app()), AccessStatus::Unspecified);
            let every = |span| {
                let trigger = Trigger::Time(TimeTrigger::periodic(span));
                TaskBuilder::new("t").entry_point("main").trigger(trigger)
            };
            let register =
                async |span| rig.host.register(&Rig::app(), every(span), IfExists::AllowDuplicate).await;
            let refused = register(SECOND * 60 * 14).await;
            assert!(matches!(refused, Err(HostError::Registration(_))), "UWP-036: {refused:?}");
            register(SECOND * 60 * 15).await.unwrap();
        },
    );
    Rig::run_with(
        |builder| builder.profile(Profile::Uwp8).quota_default(None),
        async |rig| {
            install(rig, programs::RUN_RETURNS_OK, None);
            assert_eq!(rig.host.quota(&Rig::app()), None, "what is said after it holds");
        },
    );
}
