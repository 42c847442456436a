//! The transitions, each of them and each refusal of one; then whatever order they are asked in.

mod properties;
mod table;

use super::*;
use crate::trigger::{StorageChange, StorageChangeKind};
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

/// Fires at second 10 on behalf of one app trigger.
fn firing() -> Firing {
    Firing {
        id: ActivationId::from_uuid(Uuid::from_u128(1)),
        registration: RegistrationId::from_uuid(Uuid::from_u128(2)),
        app: AppId::new("org.example.feeds").unwrap(),
        key: "2026-01-01T00:00:00Z".to_owned(),
        details: TriggerDetails::Application(vec![1, 2, 3]),
        stands_for: 1,
        scheduled_for: None,
        fired_at: at(10),
    }
}

fn pending() -> Activation {
    firing().into_activation()
}

fn claim_at(now: Timestamp) -> Claim {
    Claim {
        run: RunId::from_uuid(Uuid::from_u128(3)),
        node: NodeId::from_uuid(Uuid::from_u128(4)),
        at: now,
        until: now + std::time::Duration::from_secs(30),
    }
}

/// Claimed once, so its fence is 1.
fn running() -> Activation {
    let mut activation = pending();
    activation.claim(&claim_at(at(10))).unwrap();
    activation
}

fn ended() -> Activation {
    let mut activation = running();
    activation.complete(Fence(1), &Outcome::Succeeded, &After::End, at(20)).unwrap();
    activation
}

fn withdrawn() -> Activation {
    let mut activation = pending();
    activation.withdraw(at(20)).unwrap();
    activation
}

#[test]
fn a_firing_becomes_an_activation_that_may_run_at_once_and_never_has() {
    let firing = Firing { scheduled_for: Some(at(9)), stands_for: 3, ..firing() };
    let expected = Activation {
        id: firing.id,
        registration: firing.registration,
        app: firing.app.clone(),
        key: firing.key.clone(),
        details: firing.details.clone(),
        coalesced: 3,
        scheduled_for: Some(at(9)),
        fired_at: at(10),
        not_before: Timestamp::EPOCH,
        backoff_since: Timestamp::EPOCH,
        failures: 0,
        interruptions: 0,
        fence: Fence(0),
        state: ActivationState::Pending,
    };
    let activation = firing.into_activation();
    assert_eq!(activation, expected);
    assert_eq!(activation.attempt(), 0);
}

#[test]
fn uwp_058_an_activation_counts_the_firings_that_it_stands_for() {
    let mut activation = pending();
    activation.coalesce(firing(), false).unwrap();
    activation.coalesce(Firing { stands_for: 5, ..firing() }, false).unwrap();
    assert_eq!(activation.coalesced, 7);
    assert_eq!(activation.fired_at, at(10), "it waits since its first firing");
}

#[test]
fn a_firing_stands_for_itself_at_least() {
    let none = || Firing { stands_for: 0, ..firing() };
    let mut activation = none().into_activation();
    assert_eq!(activation.coalesced, 1);
    activation.coalesce(none(), false).unwrap();
    assert_eq!(activation.coalesced, 2);
}

#[test]
fn the_count_of_firings_stops_at_its_limit() {
    let mut activation = pending();
    activation.coalesce(Firing { stands_for: u32::MAX, ..firing() }, false).unwrap();
    assert_eq!(activation.coalesced, u32::MAX);
}

#[test]
fn coalescing_merges_what_came_with_the_firings_and_replacing_keeps_the_latest() {
    let change = |path: &str| StorageChange { kind: StorageChangeKind::Created, path: path.to_owned() };
    let changes = |paths: &[&str]| TriggerDetails::StorageChanges(paths.iter().map(|p| change(p)).collect());
    for (replace, expected) in [(false, changes(&["/a", "/b"])), (true, changes(&["/b"]))] {
        let mut activation = Firing { details: changes(&["/a"]), ..firing() }.into_activation();
        activation.coalesce(Firing { details: changes(&["/b"]), ..firing() }, replace).unwrap();
        assert_eq!(activation.details, expected, "replace: {replace}");
        assert_eq!(activation.coalesced, 2, "replaced firings count as well");
    }
}

#[test]
fn a_coalesced_activation_is_scheduled_for_the_newest_occurrence_that_has_one() {
    let mut activation = Firing { scheduled_for: Some(at(1)), ..firing() }.into_activation();
    activation.coalesce(Firing { scheduled_for: Some(at(2)), ..firing() }, false).unwrap();
    assert_eq!(activation.scheduled_for, Some(at(2)));
    // Fired by hand in between.
    activation.coalesce(Firing { scheduled_for: None, ..firing() }, false).unwrap();
    assert_eq!(activation.scheduled_for, Some(at(2)));
}

#[test]
fn a_claim_answers_the_activation_as_it_is_now() {
    let mut activation = pending();
    let claim = claim_at(at(12));
    let lease = activation.claim(&claim).unwrap();
    assert_eq!((lease.run, lease.fence), (claim.run, Fence(1)));
    assert_eq!(lease.activation, activation);
    assert_eq!(activation.attempt(), 1);
    let Claim { run, node, at: since, until } = claim;
    assert_eq!(activation.state, ActivationState::Running(Running { run, node, since, until }));
}

#[test]
fn a_retry_may_not_be_claimed_before_its_backoff_is_over() {
    let mut activation = running();
    let after = After::Retry { not_before: at(60) };
    activation.complete(Fence(1), &Outcome::Interrupted, &after, at(20)).unwrap();
    let early = Timestamp::from_micros(at(60).as_micros() - 1);
    let refused = activation.claim(&claim_at(early)).unwrap_err();
    assert_eq!(refused, TransitionError::TooEarly { id: activation.id, not_before: at(60) });
    assert_eq!(activation.claim(&claim_at(at(60))).map(|lease| lease.fence), Ok(Fence(2)));
}

#[test]
fn a_failure_and_an_interruption_are_counted_apart() {
    let mut activation = running();
    let retry = After::Retry { not_before: at(60) };
    activation.complete(Fence(1), &Outcome::Interrupted, &retry, at(20)).unwrap();
    assert_eq!((activation.failures, activation.interruptions), (1, 0));
    assert_eq!(activation.not_before, at(60));

    activation.claim(&claim_at(at(60))).unwrap();
    activation.complete(Fence(2), &Outcome::Interrupted, &After::Again, at(61)).unwrap();
    assert_eq!((activation.failures, activation.interruptions), (1, 1));
    assert_eq!(activation.not_before, at(60), "it may run again at once");

    activation.claim(&claim_at(at(61))).unwrap();
    activation.interrupt().unwrap();
    assert_eq!((activation.failures, activation.interruptions), (1, 2));
    assert_eq!((activation.attempt(), &activation.state), (3, &ActivationState::Pending));
}

#[test]
fn an_interruption_answers_who_held_the_lease() {
    let mut activation = running();
    let ActivationState::Running(holder) = activation.state.clone() else { unreachable!("it is running") };
    assert_eq!(activation.interrupt(), Ok(holder));
}

#[test]
fn a_late_finisher_is_refused_and_what_it_did_is_not_accepted() {
    let mut activation = running();
    activation.interrupt().unwrap();

    // Nobody runs it now.
    let late = activation.complete(Fence(1), &Outcome::Succeeded, &After::End, at(50)).unwrap_err();
    let message = late.to_string();
    assert!(message.ends_with("is pending, so it cannot be completed"), "{message}");

    // Somebody else does.
    activation.claim(&claim_at(at(40))).unwrap();
    let before = activation.clone();
    let late = activation.complete(Fence(1), &Outcome::Succeeded, &After::End, at(50)).unwrap_err();
    assert_eq!(late, TransitionError::Fenced { id: activation.id, held: Fence(1), newest: Fence(2) });
    assert!(activation.renew(Fence(1), at(90)).is_err());
    assert_eq!(activation, before);
}

#[test]
fn a_lease_that_has_ended_may_be_renewed_while_nobody_took_it_away() {
    let mut activation = running();
    activation.renew(Fence(1), at(500)).unwrap();
    let ActivationState::Running(Running { until, since, .. }) = activation.state else {
        panic!("not running")
    };
    assert_eq!((since, until), (at(10), at(500)));
}

#[test]
fn a_refusal_says_which_activation_where_it_is_and_what_was_asked() {
    let id = pending().id;
    assert_eq!(
        running().claim(&claim_at(at(20))).unwrap_err().to_string(),
        format!("activation {id} is running, so it cannot be claimed")
    );
    assert_eq!(
        running().renew(Fence(7), at(20)).unwrap_err().to_string(),
        format!("the lease on activation {id} is lost: fence 7 is not the newest, 1")
    );
    let mut retried = running();
    retried.complete(Fence(1), &Outcome::Interrupted, &After::Retry { not_before: at(30) }, at(20)).unwrap();
    assert_eq!(
        retried.claim(&claim_at(at(29))).unwrap_err().to_string(),
        format!("activation {id} must not run before 1970-01-01T00:00:30Z")
    );
}

#[test]
fn every_state_survives_the_store() {
    let mut failed = running();
    let failure = crate::outcome::TaskFailure {
        message: "no such feed".to_owned(),
        retry_after: Some(std::time::Duration::from_millis(1_500)),
    };
    failed.complete(Fence(1), &Outcome::Failed(failure), &After::End, at(20)).unwrap();
    for activation in [pending(), running(), ended(), failed, withdrawn()] {
        let json = serde_json::to_string(&activation).unwrap();
        assert_eq!(serde_json::from_str::<Activation>(&json).unwrap(), activation, "{json}");
        let state = serde_json::to_value(&activation.state).unwrap();
        assert_eq!(state["state"], activation.state.as_str(), "one name in the store and in logs");
    }
}
