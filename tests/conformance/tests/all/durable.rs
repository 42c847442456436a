//! What is left over by an answer that was lost, a caller that went away or a host that fell is taken up again, once.

use std::time::Duration;

use dormouse::core::registration::{RegistrationRecord, RegistrationStatus};
use dormouse::testing::Rig;
use dormouse::{
    Condition, FireError, FireOptions, Fired, HostBuilder, HostError, IfExists, Message, Outcome, Overlap,
    RegistrationId, SignalTrigger, SubscribeError, TaskBuilder, TimeTrigger, Trigger, TriggerDetails,
};
use dormouse_core::activation::{Claim, Firing, KEY_LEN_MAX};
use dormouse_core::store::{ActivationStore as _, Enqueue, Enqueued, Fault, RegistrationStore as _};
use dormouse_core::{ActivationId, Cursor, RunId, StoreError};
use futures::FutureExt as _;
use test_artifacts as programs;
use uuid::Uuid;

use crate::lives::Lives;
use crate::{SECOND, application, component, only, ready};

const MINUTE: Duration = Duration::from_secs(60);

fn hiccup() -> StoreError {
    StoreError::Unavailable("the disk hiccups".to_owned())
}

fn after_two(builder: HostBuilder) -> HostBuilder {
    builder.quarantine_after(2)
}

fn record(rig: &Rig) -> RegistrationRecord {
    let all = rig.host.registrations();
    let [one] = &all[..] else { panic!("{all:#?}") };
    one.clone()
}

fn keyed(key: &str) -> FireOptions {
    FireOptions { details: TriggerDetails::Application(b"1".to_vec()), key: Some(key.to_owned()) }
}

/// What `future` comes to within some minutes of simulated time.
async fn soon<T>(rig: &Rig, future: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        answer = future => answer,
        () = rig.advance(MINUTE * 5) => panic!("it did not come to an end"),
    }
}

#[test]
fn what_ends_beside_the_culprit_does_not_keep_it_out_of_quarantine() {
    let lives = Lives::new();
    let life = || {
        lives.life(after_two, async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            if rig.host.registrations().is_empty() {
                let id = rig.register(application().overlap(Overlap::Parallel { max: 2 })).await;
                // The first is what the host falls over.
                rig.request(id, "600000").await;
                rig.request(id, "20000").await;
            }
            rig.advance(SECOND).await;
            let id = record(rig).registration.id;
            assert_eq!(only(&rig.log(id), &["started"]).len(), 2);
        });
    };
    life();
    lives.life(after_two, async |rig| {
        rig.install(&component(programs::RUN_SLEEPS));
        rig.advance(SECOND * 30).await;
        assert_eq!(rig.outcomes(), [Outcome::Succeeded], "what was beside it");
        let id = record(rig).registration.id;
        rig.fire(id, "1").await;
        assert_eq!(record(rig).crashes, 1, "nor does what came later");
    });
    lives.life(after_two, async |rig| {
        let id = record(rig).registration.id;
        assert_eq!(only(&rig.log(id), &["quarantined"]), ["quarantined after 2 crashes"]);
    });
}

#[test]
fn the_end_of_the_last_that_was_cut_off_is_forgiveness() {
    let lives = Lives::new();
    let id = lives.crash(after_two, None);
    lives.life(after_two, async |rig| {
        assert_eq!(record(rig).crashes, 1);
        rig.install(&component(programs::RUN_SLEEPS));
        rig.advance(MINUTE * 2).await;
        assert_eq!((record(rig).crashes, rig.outcomes()), (0, vec![Outcome::Succeeded]));
        assert_eq!(only(&rig.log(id), &["quarantined"]), [""; 0]);
    });
}

#[test]
fn one_fall_counts_once_however_much_it_cut_off() {
    const CUT_OFF: u128 = 300;
    let lives = Lives::new();
    lives.life(after_two, async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        for n in 1..=CUT_OFF {
            let firing = Firing {
                id: ActivationId::from_uuid(Uuid::from_u128((1 << 100) + n)),
                registration: id,
                app: Rig::app(),
                key: n.to_string(),
                details: TriggerDetails::None,
                stands_for: 1,
                scheduled_for: None,
                fired_at: rig.now(),
            };
            let claim = Claim {
                run: RunId::from_uuid(Uuid::from_u128((2 << 100) + n)),
                node: rig.host.node(),
                at: rig.now(),
                until: rig.now() + MINUTE,
            };
            let overlap = Overlap::Parallel { max: 1000 };
            let ask = Enqueue { firing, overlap, claim: Some(claim), watermark: None, spend: false };
            let enqueued = lives.store.enqueue(ask).await.unwrap();
            assert!(matches!(enqueued, Enqueued::Claimed(_)), "{enqueued:?}");
        }
    });
    lives.life(after_two, async |rig| {
        assert_eq!(rig.host.stats().reaped, 300);
        assert_eq!(record(rig).crashes, 1);
    });
}

#[test]
fn a_lease_is_kept_while_the_end_of_its_run_is_not_taken() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            lives.store.always("finish", Fault::Refused(StoreError::Full("the disk is full".to_owned())));
            let activation = rig.request(id, "1").await;
            rig.advance(MINUTE * 5).await;
            lives.store.mend();
            let completion = rig.completed(activation).await;
            assert_eq!(completion.run.attempt, 1);
            rig.advance(MINUTE * 2).await;
            assert_eq!(only(&rig.log(id), &["started", "interrupted", "lease lost"]), ["started attempt 1"]);
            let renewed = lives.calls("renew");
            rig.advance(MINUTE * 2).await;
            assert_eq!(lives.calls("renew"), renewed, "and not for longer");
        },
    );
}

#[test]
fn leases_that_could_not_be_renewed_are_not_taken_away() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            lives.store.always("renew", Fault::Refused(hiccup()));
            let activation = rig.request(id, "120000").await;
            rig.advance(SECOND * 100).await;
            lives.store.mend();
            assert_eq!(rig.completed(activation).await.run.attempt, 1);
            assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
        },
    );
}

#[test]
fn what_a_caller_that_went_away_has_fired_runs_at_once() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            lives.store.at("enqueue", 1, Fault::AnswerLate);
            assert!(rig.host.request(id, "1").now_or_never().is_none(), "it was not waited for");
            rig.advance(SECOND).await;
            assert_eq!(rig.outcomes(), [Outcome::Succeeded]);
            assert_eq!(rig.host.stats().reaped, 0);
        },
    );
}

#[test]
fn a_stop_hands_back_what_nobody_runs_and_counts_no_crash() {
    let lives = Lives::new();
    let id = lives.life(after_two, async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        lives.store.at("enqueue", 1, Fault::AnswerLost(hiccup()));
        let error = rig.host.request(id, "1").await.unwrap_err();
        assert!(matches!(error, FireError::Store(StoreError::Unavailable(_))), "{error}");
        rig.host.shutdown(false).await;
        id
    });
    lives.life(after_two, async |rig| {
        assert_eq!((record(rig).crashes, rig.host.stats().reaped), (0, 0));
        rig.install(&component(programs::RUN_SLEEPS));
        rig.advance(SECOND).await;
        assert_eq!(only(&rig.log(id), &["started"]), ["started attempt 2"]);
    });
}

#[test]
fn a_stop_does_not_wait_for_ever_for_what_it_hands_back() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            lives.store.always("reap", Fault::Unanswered);
            soon(rig, rig.host.shutdown(false)).await;
        },
    );
}

#[test]
fn the_key_of_a_caller_is_no_occurrence() {
    Rig::run(async |rig| {
        rig.install(&component(programs::RUN_RETURNS_OK));
        let begin = rig.now();
        let trigger = Trigger::Time(TimeTrigger::periodic(MINUTE * 60));
        let id = rig.register(TaskBuilder::new("t").entry_point("main").trigger(trigger)).await;
        rig.advance(SECOND).await;
        let before = rig.outcomes().len();
        let next = (begin + MINUTE * 60).to_string();
        let options = FireOptions { details: TriggerDetails::None, key: Some(next.clone()) };
        let Fired::Accepted(activation) = rig.host.fire_with(id, options.clone()).await.unwrap() else {
            panic!("it was not accepted")
        };
        assert_eq!(rig.host.activation(activation).await.unwrap().unwrap().given_key(), next);
        assert_eq!(rig.host.fire_with(id, options).await.unwrap(), Fired::Duplicate(activation));
        rig.advance(MINUTE * 60).await;
        assert_eq!(rig.outcomes().len(), before + 2, "the occurrence ran as well");
        let longest = FireOptions { details: TriggerDetails::None, key: Some("k".repeat(KEY_LEN_MAX)) };
        assert!(matches!(rig.host.fire_with(id, longest).await.unwrap(), Fired::Accepted(_)));
    });
}

#[test]
fn who_awaits_what_ends_with_its_lease_is_answered() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            let id = ready(rig, programs::RUN_SLEEPS).await;
            lives.store.at("enqueue", 1, Fault::AnswerLost(hiccup()));
            rig.host.fire_with(id, keyed("k")).await.unwrap_err();
            let again = rig.host.fire_with(id, keyed("k")).await.unwrap();
            let Fired::Duplicate(activation) = again else { panic!("{again:?}") };
            rig.host.unregister(id, false).await.unwrap();
            let completion = soon(rig, rig.host.completed(activation)).await.unwrap();
            assert_eq!(completion.run.outcome, Outcome::Interrupted);
            assert_eq!(only(&rig.log(id), &["completed"]).len(), 1);
        },
    );
}

#[test]
fn who_awaits_what_was_withdrawn_without_an_answer_is_answered() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_SLEEPS));
            let id = rig.register(application().condition(Condition::InternetAvailable)).await;
            rig.conditions.set(&Condition::InternetAvailable, dormouse::Holds::Unmet);
            let activation = rig.request(id, "1").await;
            lives.store.at("remove_registration", 1, Fault::AnswerLost(hiccup()));
            let (waited, ()) = soon(rig, async {
                tokio::join!(rig.host.completed(activation), async {
                    rig.host.unregister(id, false).await.unwrap_err();
                    assert!(rig.host.unregister(id, false).await.unwrap());
                })
            })
            .await;
            assert!(matches!(waited, Err(HostError::Withdrawn(_))), "{waited:?}");
        },
    );
}

#[test]
fn a_signal_that_one_registration_did_not_take_is_not_repeated_for_the_others() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let on_topic = |name: &str| {
                TaskBuilder::new(name).entry_point("main").trigger(Trigger::Signal(SignalTrigger::new("t")))
            };
            let mut ids: Vec<RegistrationId> = Vec::new();
            for name in ["one", "two", "three"] {
                ids.push(rig.register(on_topic(name)).await);
            }
            lives.store.at("enqueue", 2, Fault::Refused(hiccup()));
            lives.store.at("enqueue", 3, Fault::AnswerLost(hiccup()));
            let (topic, content_type) = ("t".to_owned(), "text/plain".to_owned());
            assert!(rig.source.raise(Message { topic, content_type, body: Vec::new() }));
            rig.advance(MINUTE * 5).await;
            for id in ids {
                assert_eq!(only(&rig.log(id), &["ended"]), ["ended succeeded"]);
            }
        },
    );
}

#[test]
fn who_waits_no_more_is_forgotten() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_SLEEPS).await;
        let activation = rig.request(id, "60000").await;
        let mut waiting = Box::pin(rig.host.completed(activation));
        let mut beside = Box::pin(rig.host.completed(activation));
        assert!((&mut waiting).now_or_never().is_none() && (&mut beside).now_or_never().is_none());
        assert_eq!(rig.host.stats().awaited, 1);
        drop(waiting);
        assert_eq!(rig.host.stats().awaited, 1, "the other waits on");
        drop(beside);
        assert_eq!(rig.host.stats().awaited, 0);
        let nothing = ActivationId::from_uuid(Uuid::nil());
        rig.host.completed(nothing).await.unwrap_err();
        assert_eq!(rig.host.stats().awaited, 0);
    });
}

#[test]
fn nobody_has_read_what_is_still_to_come() {
    Rig::run(async |rig| {
        let id = ready(rig, programs::RUN_RETURNS_OK).await;
        let mut subscription = rig.host.subscribe("log").await.unwrap();
        rig.fire(id, "").await;
        let head = rig.store.head().await.unwrap();
        let ahead = Cursor(head.0 + 1);
        let refused = |error| matches!(error, SubscribeError::Ahead { cursor, head: at } if (cursor, at) == (ahead, head));
        assert!(refused(subscription.ack(ahead).await.unwrap_err()));
        assert!(refused(rig.host.subscribe_from("new", Some(ahead)).await.unwrap_err()));
        assert!(refused(rig.host.follow(Some(ahead)).await.unwrap_err()));
        assert_eq!(rig.store.cursor("new").await.unwrap(), None);
        subscription.ack(head).await.unwrap();
    });
}

#[test]
fn what_is_spent_while_it_is_registered_anew_stays_spent() {
    let lives = Lives::new();
    lives.life(
        |b| b,
        async |rig| {
            rig.install(&component(programs::RUN_RETURNS_OK));
            let once = Trigger::Time(TimeTrigger::once(MINUTE * 60));
            let builder = TaskBuilder::new("t").entry_point("main").trigger(once);
            let id = rig.register(builder.clone()).await;
            lives.store.at("enqueue", 1, Fault::AnswerLate);
            let mut fired = Box::pin(rig.host.fire(id));
            assert!((&mut fired).now_or_never().is_none(), "it is in the store, and its host does not know");
            let anew = builder.env("A", "b");
            let made = rig.host.register(&Rig::app(), anew, IfExists::ReplaceIfDifferent).await.unwrap();
            assert_eq!(made.id, id);
            fired.await.unwrap();
            assert_eq!(record(rig).status, RegistrationStatus::Spent);
            assert_eq!(lives.store.registrations().await.unwrap()[0].status, RegistrationStatus::Spent);
        },
    );
}
