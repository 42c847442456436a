use super::*;
use crate::ids::AppId;
use crate::overlap::Overlap;
use crate::retry::RetryPolicy;
use crate::trigger::{CronTrigger, SignalTrigger, TimeTrigger, Trigger};
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

/// Of a registration that has done nothing yet.
fn idle() -> Explanation {
    Explanation {
        registration: Registration {
            id: crate::RegistrationId::from_uuid(Uuid::from_u128(1)),
            app: AppId::new("app").expect("a valid name"),
            group: None,
            name: "t".to_owned(),
            entry_point: Some("main".to_owned()),
            trigger: Trigger::Signal(SignalTrigger::new("topic")),
            conditions: vec![],
            cancel_on_condition_loss: false,
            overlap: Overlap::Coalesce,
            limits: None,
            retry: RetryPolicy::none(),
            env: vec![],
            args: vec![],
            registered_at: at(0),
        },
        status: RegistrationStatus::Active,
        spent_this_session: false,
        quarantined: None,
        access: Some(AccessStatus::AlwaysAllowed),
        app: None,
        next: None,
        conditions: vec![],
        waiting: vec![],
        running: vec![],
        elsewhere: 0,
        refusals: vec![],
        history: vec![],
    }
}

fn of(trigger: Trigger, explanation: Explanation) -> Explanation {
    let registration = Registration { trigger, ..explanation.registration };
    Explanation { registration, ..explanation }
}

fn contradictory() -> Explanation {
    let mut explanation = idle();
    explanation.registration.conditions = vec![Condition::UserPresent, Condition::UserNotPresent];
    explanation
}

fn waiting(why: Why) -> Vec<Waiting> {
    vec![Waiting {
        activation: ActivationId::from_uuid(Uuid::from_u128(2)),
        fired_at: at(1),
        coalesced: 1,
        why,
    }]
}

fn running(paused: bool) -> Vec<RunningNow> {
    let (run, activation) = (Uuid::from_u128(3), Uuid::from_u128(2));
    let (run, activation) = (RunId::from_uuid(run), ActivationId::from_uuid(activation));
    vec![RunningNow { run, activation, since: at(2), paused, waits: None }]
}

#[test]
fn what_runs_in_its_app_names_the_apps_state() {
    let in_app = |app| Explanation { app: Some(app), ..idle() };
    for (state, told) in [
        (AppState::NotRunning, "is not running"),
        (AppState::Background, "is in the background"),
        (AppState::Foreground, "is in the foreground"),
        (AppState::Suspending, "is about to be suspended"),
        (AppState::Suspended, "is suspended"),
    ] {
        let expected = format!("it waits for its signal trigger; its app, in which it runs, {told}");
        assert_eq!(in_app(state).verdict(), expected);
    }
    for (waits, told) in [
        (AppWait::Place, "and waits for a place for its app"),
        (AppWait::Ready, "and waits for its app to be ready"),
    ] {
        let running =
            running(false).into_iter().map(|now| RunningNow { waits: Some(waits), ..now }).collect();
        let explanation = Explanation { running, ..in_app(AppState::NotRunning) };
        let expected =
            format!("it runs since 1970-01-01T00:00:02Z, {told}; its app, in which it runs, is not running");
        assert_eq!(explanation.verdict(), expected);
        let json = serde_json::to_string(&explanation).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), explanation);
    }
}

#[test]
fn each_state_has_its_sentence() {
    let latched = Why::Conditions {
        blocking: vec![Blocking { condition: Condition::ExternalPower, holds: Holds::Unknown }],
        since: at(2),
    };
    let refused = vec![RefusalRecord::new(Refusal::QueueFull, at(5))];
    let cases = [
        (idle(), "it waits for its signal trigger"),
        (
            Explanation { next: Some(at(9)), ..idle() },
            "it waits for its signal trigger, next at 1970-01-01T00:00:09Z",
        ),
        (
            Explanation { refusals: refused, ..idle() },
            "it waits for its signal trigger; the last firing, at 1970-01-01T00:00:05Z, started nothing: \
             as many activations wait as its overlap policy allows",
        ),
        (
            of(
                Trigger::Time(TimeTrigger::once(std::time::Duration::from_secs(60))),
                Explanation { refusals: vec![RefusalRecord::new(Refusal::DeniedByUser, at(5))], ..idle() },
            ),
            "it was to fire once, and that started nothing: its app was denied access to the background; \
             register it again",
        ),
        (
            of(Trigger::Cron(CronTrigger::new("0 0 30 2 *")), idle()),
            "its cron trigger names no moment that is still to come",
        ),
        (
            contradictory(),
            "it waits for its signal trigger; it never starts, since user-present and user-not-present never \
             hold together",
        ),
        (Explanation { running: running(false), ..idle() }, "it runs since 1970-01-01T00:00:02Z"),
        (
            Explanation { running: running(true), ..idle() },
            "it runs since 1970-01-01T00:00:02Z, paused: its app's CPU quota is spent",
        ),
        (
            Explanation { waiting: waiting(latched), ..idle() },
            "it fired at 1970-01-01T00:00:01Z and is latched since 1970-01-01T00:00:02Z: external-power is unknown",
        ),
        (
            Explanation { waiting: waiting(Why::Slot { shortage: Shortage::App, since: at(2) }), ..idle() },
            "it fired at 1970-01-01T00:00:01Z and waits since 1970-01-01T00:00:02Z for a slot of its app",
        ),
        (
            Explanation { waiting: waiting(Why::Backoff { until: at(7) }), ..idle() },
            "it fired at 1970-01-01T00:00:01Z and waits until 1970-01-01T00:00:07Z: the backoff before its next attempt",
        ),
        (
            Explanation { waiting: waiting(Why::Access { status: None }), access: None, ..idle() },
            "it fired at 1970-01-01T00:00:01Z and waits: its app is not installed",
        ),
        (
            Explanation {
                waiting: waiting(Why::Access { status: Some(AccessStatus::DeniedByUser) }),
                ..idle()
            },
            "it fired at 1970-01-01T00:00:01Z and waits: its app's access is denied-by-user",
        ),
        (
            Explanation { waiting: waiting(Why::Nothing), ..idle() },
            "it fired at 1970-01-01T00:00:01Z and is about to start",
        ),
        (
            Explanation { quarantined: Some(3), ..idle() },
            "it is in quarantine: the host fell 3 times in a row while it ran; mend it and release it",
        ),
        (
            Explanation { quarantined: Some(3), waiting: waiting(Why::Quarantined { crashes: 3 }), ..idle() },
            "it fired at 1970-01-01T00:00:01Z and waits in quarantine: the host fell 3 times in a row while it ran; \
             mend it and release it",
        ),
        (
            Explanation { quarantined: Some(3), running: running(false), ..idle() },
            "it runs since 1970-01-01T00:00:02Z",
        ),
        (
            Explanation { elsewhere: 1, status: RegistrationStatus::Spent, ..idle() },
            "its end is being written, or it runs on another host, or was cut off with its own and runs again when that is started",
        ),
        (Explanation { access: None, ..idle() }, "its app is not installed: install it"),
        (
            Explanation { access: Some(AccessStatus::Unspecified), ..idle() },
            "its app's access is unspecified: firings start nothing",
        ),
        (
            Explanation { status: RegistrationStatus::Spent, ..idle() },
            "it was to fire once, and did: register it again to have it fire again",
        ),
        (
            Explanation { spent_this_session: true, ..idle() },
            "it fires once in each life of the host, and did in this one",
        ),
    ];
    for (explanation, sentence) in cases {
        assert_eq!(explanation.verdict(), sentence);
    }
}

#[test]
fn what_can_never_start_is_said_to_never_start() {
    let (one, other) = (Condition::UserPresent, Condition::UserNotPresent);
    let blocking = vec![Blocking { condition: one.clone(), holds: Holds::Unmet }];
    let mut explanation =
        Explanation { waiting: waiting(Why::Conditions { blocking, since: at(2) }), ..idle() };
    explanation.registration.conditions = vec![one, other];
    let verdict = explanation.verdict();
    assert!(
        verdict.ends_with("; it never starts, since user-present and user-not-present never hold together"),
        "{verdict}"
    );
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let waits = Why::Slot { shortage: Shortage::Host, since: at(2) };
    let explanation = Explanation {
        waiting: waiting(waits),
        running: running(false),
        quarantined: Some(3),
        refusals: vec![RefusalRecord::new(Refusal::SpentThisSession, at(5))],
        conditions: vec![(Condition::ExternalPower, Holds::Unknown)],
        ..idle()
    };
    let json = serde_json::to_value(&explanation).expect("it is written");
    assert_eq!(json["waiting"][0]["waits-for"], "slot");
    assert_eq!(json["waiting"][0]["shortage"], "host");
    assert_eq!(json["refusals"][0]["reason"], "spent-this-session");
    let back: Explanation = serde_json::from_value(json).expect("it is read back");
    assert_eq!(back, explanation);
}
