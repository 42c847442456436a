//! Firing once, and once more.

use dormouse::core::store::{DeadLetterFilter, Redriven};
use dormouse::testing::Rig;
use dormouse::{ActivationId, FireError, FireOptions, Fired, KEY_LEN_MAX, RegistrationId, TriggerDetails};
use test_artifacts as programs;

use crate::lives::Lives;
use crate::{only, ready};

fn keyed(key: &str) -> FireOptions {
    FireOptions { details: TriggerDetails::Application(b"1".to_vec()), key: Some(key.to_owned()) }
}

async fn dead(rig: &Rig) -> Vec<ActivationId> {
    let dead = rig.store.dead_letters(DeadLetterFilter::default(), 10).await.unwrap();
    dead.into_iter().map(|activation| activation.id).collect()
}

#[test]
fn a_firing_with_the_key_of_an_earlier_one_is_that_one_also_after_a_restart() {
    let lives = Lives::new();
    let first = lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            let first = rig.host.fire_with(id, keyed("order 7")).await.unwrap().activation().unwrap();
            assert_eq!(rig.host.fire_with(id, keyed("order 7")).await.unwrap(), Fired::Duplicate(first));
            rig.completed(first).await;
            assert_eq!(rig.host.fire_with(id, keyed("order 7")).await.unwrap(), Fired::Duplicate(first));
            first
        },
    );
    lives.life(
        |b| b,
        async |rig| {
            let id = rig.host.registrations()[0].registration.id;
            assert_eq!(rig.host.fire_with(id, keyed("order 7")).await.unwrap(), Fired::Duplicate(first));
            let other = rig.host.fire_with(id, keyed("order 8")).await.unwrap();
            assert!(matches!(other, Fired::Accepted(id) if id != first), "{other:?}");
        },
    );
}

#[test]
fn a_key_without_end_is_refused_by_its_length() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        for len in [0, KEY_LEN_MAX + 1] {
            let error = rig.host.fire_with(id, keyed(&"k".repeat(len))).await.unwrap_err();
            assert!(matches!(error, FireError::Key { len: said } if said == len), "{error}");
            let error = rig.host.request_once(id, "k".repeat(len), "").await.unwrap_err();
            assert!(matches!(error, FireError::Key { .. }), "{error}");
        }
        let longest = keyed(&"k".repeat(KEY_LEN_MAX));
        assert!(matches!(rig.host.fire_with(id, longest).await.unwrap(), Fired::Accepted(_)));
    });
}

#[test]
fn a_dead_letter_runs_again_once_however_often_that_is_asked_for() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_FAILS).await;
        let failed = rig.fire(id, "").await.run.activation;
        assert_eq!(dead(rig).await, [failed]);
        let Redriven::Activation(fresh) = rig.host.redrive(failed).await.unwrap() else { panic!() };
        let Redriven::Activation(same) = rig.host.redrive(failed).await.unwrap() else { panic!() };
        assert_eq!(fresh.id, same.id);
        assert_eq!(only(&rig.log(id), &["redriven"]), ["redriven"], "once");
        rig.completed(fresh.id).await;
        assert_eq!(only(&rig.log(id), &["ended"]).len(), 2);
        assert_eq!(dead(rig).await, [fresh.id], "it failed again, and the first is dealt with");

        assert!(rig.host.discard(fresh.id).await.unwrap());
        assert!(!rig.host.discard(fresh.id).await.unwrap());
        assert_eq!(dead(rig).await, []);
        assert_eq!(rig.host.redrive(fresh.id).await.unwrap(), Redriven::NotDead);
    });
}

#[test]
fn what_succeeded_and_what_never_was_is_no_dead_letter() {
    Rig::run(async |rig| {
        let id: RegistrationId = ready(rig, programs::RUN_RETURNS_OK).await;
        let well = rig.fire(id, "").await.run.activation;
        let never = ActivationId::from_uuid(uuid::Uuid::nil());
        for id in [well, never] {
            assert_eq!(rig.host.redrive(id).await.unwrap(), Redriven::NotDead);
            assert!(!rig.host.discard(id).await.unwrap());
        }
    });
}
