use super::*;
use crate::protocol::Ended;

fn fired() -> EventKind {
    EventKind::Fired { activation: "a".into(), coalesced: 1 }
}

fn started() -> EventKind {
    run_of("a", "r", 1)
}

fn run_of(activation: &str, run: &str, attempt: u32) -> EventKind {
    EventKind::Started { activation: activation.into(), run: run.into(), attempt }
}

fn taken(open: u32) -> EventKind {
    EventKind::DeferralTaken { run: "r".into(), open }
}

fn returned(open: u32) -> EventKind {
    EventKind::Returned { run: "r".into(), ok: true, open }
}

fn progress() -> EventKind {
    EventKind::Progress { run: "r".into(), value: 1 }
}

fn canceled() -> EventKind {
    let text = String::new;
    EventKind::CancelRequested { run: "r".into(), reason: text(), policy: text(), detail: text() }
}

fn ended() -> EventKind {
    end_of("a", "r", 1)
}

fn end_of(activation: &str, run: &str, attempt: u32) -> EventKind {
    let ended =
        Ended { activation: activation.into(), attempt, outcome: "succeeded".into(), ..Ended::default() };
    EventKind::Ended { run: run.into(), ended: Box::new(ended) }
}

fn interrupted() -> EventKind {
    EventKind::Interrupted { activation: "a".into(), run: "r".into() }
}

fn completed() -> EventKind {
    EventKind::Completed { activation: "a".into(), success: true }
}

fn event(seq: u64, at_ms: f64, kind: EventKind) -> Event {
    Event { seq, at_ms, registration: "t".into(), kind }
}

/// What is said of the last of these.
fn told(mut order: Order, kinds: Vec<EventKind>) -> Result<(), Disorder> {
    let last = kinds.len() - 1;
    for (index, kind) in kinds.into_iter().enumerate() {
        let seen = order.see(&event(index as u64 + 1, 0.0, kind));
        if index == last {
            return seen;
        }
        assert_eq!(seen, Ok(()));
    }
    Ok(())
}

#[test]
fn a_run_from_its_firing_to_its_completion_is_in_order() {
    let completed_deferral = EventKind::DeferralCompleted { run: "r".into(), open: 0 };
    let all = vec![
        fired(),
        started(),
        taken(1),
        returned(1),
        canceled(),
        completed_deferral,
        progress(),
        ended(),
        completed(),
    ];
    assert_eq!(told(Order::default(), all), Ok(()));
}

/// That the end of run `r` names something else than what came before it.
fn another(told: &str, before: &str) -> Disorder {
    Disorder::Another { event: "ended", of: "r".into(), told: told.into(), before: before.into() }
}

#[test]
fn each_way_to_be_out_of_order_is_found() {
    let (run, activation) = (|| "r".to_owned(), || "a".to_owned());
    for (kinds, disorder) in [
        (vec![started()], Disorder::NotFired { run: run(), activation: activation() }),
        (vec![fired(), progress()], Disorder::NotStarted { event: "progress", run: run() }),
        (vec![fired(), started(), started()], Disorder::StartedTwice { run: run() }),
        (vec![fired(), started(), ended(), progress()], Disorder::AfterEnd { event: "progress", run: run() }),
        (vec![fired(), started(), ended(), ended()], Disorder::AfterEnd { event: "ended", run: run() }),
        (vec![fired(), started(), canceled(), canceled()], Disorder::CanceledTwice { run: run() }),
        (vec![fired(), started(), returned(0), returned(0)], Disorder::ReturnedTwice { run: run() }),
        (vec![fired(), started(), taken(2)], Disorder::Deferrals { run: run(), told: 2, counted: 1 }),
        (vec![fired(), started(), returned(1)], Disorder::Deferrals { run: run(), told: 1, counted: 0 }),
        (vec![fired(), started(), taken(1), ended()], Disorder::SucceededOpen { run: run(), open: 1 }),
        (
            vec![fired(), started(), completed()],
            Disorder::CompletedBeforeEnd { activation: activation(), run: run() },
        ),
        (
            vec![fired(), started(), ended(), completed(), completed()],
            Disorder::CompletedTwice { activation: activation() },
        ),
        (
            vec![fired(), completed(), started()],
            Disorder::StartedAfterCompletion { run: run(), activation: activation() },
        ),
        (vec![completed()], Disorder::CompletedNotFired { activation: activation() }),
        (
            vec![fired(), started(), run_of("a", "s", 2)],
            Disorder::StartedBeside { run: "s".into(), other: run() },
        ),
        (
            vec![fired(), started(), ended(), run_of("a", "s", 1)],
            Disorder::Attempt { run: "s".into(), attempt: 1, before: 1 },
        ),
        (vec![fired(), started(), end_of("b", "r", 1)], another("b", "a")),
        (vec![fired(), started(), end_of("a", "r", 2)], another("attempt 2", "attempt 1")),
    ] {
        assert_eq!(told(Order::default(), kinds), Err(disorder));
    }
}

#[test]
fn numbers_have_no_gaps_and_time_does_not_go_back() {
    let mut order = Order::default();
    assert_eq!(order.see(&event(1, 5.0, fired())), Ok(()));
    assert_eq!(order.see(&event(3, 5.0, started())), Err(Disorder::Sequence { expected: 2, got: 3 }));
    assert_eq!(order.see(&event(1, 5.0, started())), Err(Disorder::Sequence { expected: 2, got: 1 }));
    let back = order.see(&event(2, 4.0, started()));
    assert_eq!(back, Err(Disorder::Time { seq: 2, at_ms: 4.0, before_ms: 5.0 }));
}

#[test]
fn what_a_crash_cut_off_is_interrupted_and_nothing_else() {
    let begun = || {
        let mut order = Order::default();
        order.see(&event(1, 0.0, fired())).unwrap();
        order.see(&event(2, 0.0, started())).unwrap();
        order.crashed();
        order
    };
    let mut order = begun();
    assert_eq!(order.see(&event(3, 0.0, interrupted())), Ok(()));
    assert_eq!(
        order.see(&event(4, 0.0, interrupted())),
        Err(Disorder::AfterEnd { event: "interrupted", run: "r".into() })
    );
    let mut order = begun();
    assert_eq!(
        order.see(&event(3, 0.0, progress())),
        Err(Disorder::AfterCrash { event: "progress", run: "r".into() })
    );
}

#[test]
fn what_is_told_of_a_run_or_an_activation_is_told_of_its_registration() {
    let of_another = |seq, kind| Event { registration: "u".into(), ..event(seq, 0.0, kind) };
    for (before, kind, of) in [
        (vec![fired()], fired(), "a"),
        (vec![fired()], started(), "r"),
        (vec![fired(), started()], progress(), "r"),
        (vec![fired(), started(), ended()], completed(), "a"),
    ] {
        let mut order = Order::default();
        let mut seq = 0;
        for kind in before {
            seq += 1;
            assert_eq!(order.see(&event(seq, 0.0, kind)), Ok(()));
        }
        let event = kind.word();
        let another = Disorder::Another { event, of: of.into(), told: "u".into(), before: "t".into() };
        assert_eq!(order.see(&of_another(seq + 1, kind)), Err(another));
    }
}

#[test]
fn no_run_outlives_a_stop_of_its_host() {
    let stopped = || {
        let mut order = Order::default();
        order.see(&event(1, 0.0, fired())).unwrap();
        order.see(&event(2, 0.0, started())).unwrap();
        order.stopped();
        order
    };
    let next = run_of("a", "s", 2);
    let mut order = stopped();
    assert_eq!(order.see(&event(3, 0.0, next.clone())), Err(Disorder::OutlivedStop { run: "r".into() }));
    let mut order = stopped();
    assert_eq!(order.see(&event(3, 0.0, ended())), Ok(()), "it may be told late");
    assert_eq!(order.see(&event(4, 0.0, next)), Ok(()));
}

#[test]
fn a_host_that_tells_no_deferrals_is_not_held_to_their_number() {
    assert_eq!(told(Order::of_ends(), vec![fired(), started(), returned(3), ended()]), Ok(()));
}
