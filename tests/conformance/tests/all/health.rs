//! Whether a host still goes round, and what is told when it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    Ailment, Condition, ConditionProvider, EventKind, Holds, HostBuilder, Outcome, RegistrationId, Unhealthy,
};
use dormouse_core::StoreError;
use dormouse_core::provider::ChangeNotice;
use dormouse_core::store::{Fault, Reap};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{SECOND, application, component, only, ready};

const WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn healthy(rig: &Rig) -> Result<(), Unhealthy> {
    tokio::join!(rig.host.healthy(WITHIN), rig.advance(WITHIN * 2)).0
}

/// All that is wrong.
pub(crate) async fn ailments(rig: &Rig) -> Vec<String> {
    let unhealthy = healthy(rig).await.unwrap_err();
    unhealthy.ailments.iter().map(ToString::to_string).collect()
}

/// Panics when it is asked, once it is armed.
#[derive(Default)]
struct Panics(AtomicBool);

impl ConditionProvider for Panics {
    fn holds(&self, _: &Condition) -> Holds {
        assert!(!self.0.load(Ordering::Relaxed), "a provider that panics");
        Holds::Unknown
    }

    fn subscribe(&self, _: ChangeNotice) {}
}

/// What was given up, of no registration.
fn given_up(rig: &Rig) -> Vec<String> {
    let nobody = RegistrationId::from_uuid(uuid::Uuid::nil());
    let told = rig.events.events().into_iter().filter(|event| event.registration == nobody);
    told.filter_map(|event| match event.kind {
        EventKind::Fault { message, given_up: true } => Some(message),
        _ => None,
    })
    .collect()
}

#[test]
fn a_host_is_healthy_at_once_also_while_it_works_and_after_it_has_stopped() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        rig.request(id, "20000").await;
        rig.advance(SECOND).await;
        let before = rig.now();
        rig.host.healthy(WITHIN).await.unwrap();
        assert_eq!(rig.now(), before, "nothing was waited for");
        rig.host.shutdown(true).await;
        rig.host.healthy(WITHIN).await.unwrap();
    });
}

#[test]
fn a_loop_that_panics_is_told_and_named() {
    let provider = Arc::new(Panics::default());
    let with_it = {
        let provider = provider.clone();
        move |builder: HostBuilder| builder.conditions(provider)
    };
    Rig::run_with(with_it, async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let id = rig.register(application().condition(Condition::UserPresent)).await;
        rig.request(id, "").await;
        rig.settle().await;
        rig.host.healthy(WITHIN).await.unwrap();

        provider.0.store(true, Ordering::Relaxed);
        rig.conditions.set(&Condition::InternetAvailable, Holds::Met);
        rig.settle().await;
        let why = "`dispatch` ended: a provider that panics; start the host again";
        assert_eq!(ailments(rig).await, [format!("its loop {why}")]);
        let told = "the loop `dispatch` of the host ended: a provider that panics; start the host again";
        assert_eq!(given_up(rig), [told]);
        assert_eq!(rig.host.stats().faults_given_up, 1);
    });
}

#[test]
fn a_loop_that_the_store_does_not_answer_is_named() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            rig.settle().await;
            lives.store.always("pending", Fault::Unanswered);
            // A minute at most, and the dispatcher looks.
            rig.advance(SECOND * 61).await;
            assert_eq!(ailments(rig).await, ["its loop `dispatch` has not gone on for 5s"]);
        },
    );
}

#[test]
fn a_store_that_fails_or_does_not_answer_is_told() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            rig.settle().await;
            lives.store.always("head", Fault::Refused(StoreError::Unavailable("busy".to_owned())));
            let unhealthy = healthy(rig).await.unwrap_err();
            assert!(matches!(unhealthy.ailments[..], [Ailment::Store(_)]), "{unhealthy}");
            lives.store.mend();
            lives.store.always("head", Fault::Unanswered);
            assert_eq!(ailments(rig).await, ["its store has not answered for 5s"]);
            lives.store.mend();
            healthy(rig).await.unwrap();
        },
    );
}

#[test]
fn leases_that_are_not_renewed_are_told_before_they_end_and_counted() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            for nth in 1..=3 {
                lives.store.at("renew", nth, Fault::Refused(StoreError::Unavailable("busy".to_owned())));
            }
            rig.request(id, "40000").await;
            let faults = || {
                let events = rig.events.events();
                events.iter().filter(|event| matches!(event.kind, EventKind::Fault { .. })).count()
            };
            rig.advance(SECOND * 25).await;
            assert_eq!((rig.host.stats().renewals_failed, faults()), (2, 0), "not yet");
            rig.advance(SECOND * 10).await;
            let stats = rig.host.stats();
            assert_eq!((stats.renewals_failed, faults(), stats.faults_given_up), (3, 1, 0));
            assert!(stats.renewals > 0);
            rig.advance(SECOND * 10).await;
            assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        },
    );
}

#[test]
fn a_run_whose_lease_was_taken_away_is_taken_down_and_its_end_refused() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        rig.request(id, "20000").await;
        rig.started(id).await;
        let ask = Reap { node: Some(rig.host.node()), fell: true, ended_before: rig.now() };
        assert_eq!(rig.store.reap(ask, rig.now(), 10).await.unwrap().len(), 1);
        rig.advance(SECOND * 11).await;
        let stats = rig.host.stats();
        assert_eq!((stats.leases_lost, stats.stale_ends), (1, 1));
        assert_eq!(only(&rig.log(id), &["ended", "lease lost"]), ["ended interrupted", "lease lost"]);
        rig.advance(SECOND * 90).await;
        assert_eq!(rig.outcomes().last(), Some(&Outcome::Succeeded), "it ran again");
    });
}
