//! What `#[dormouse_guest::app]` accepts, and what it says when it does not: see `task.rs`. Then handlers, called as the
//! host calls them, without one.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dormouse_guest::__private::app::{Lifecycle, TaskEvents, Value, raw, raw_events};
use dormouse_guest::app::{
    ActivatedArgs, ActivationKind, App, LaunchArgs, MemoryChange, MemoryLevel, MemoryLimit, MemoryUsage,
    PreviousExecutionState, ResumingArgs, TaskCompletion, TaskProgress,
};

#[test]
fn accepts_an_app_or_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/app/pass/*.rs");
    cases.compile_fail("tests/app/fail/*.rs");
}

thread_local! {
    static APP: Rc<Heard> = Rc::default();
}

/// Writes down what it hears, but for what no host is needed to make.
#[derive(Default)]
struct Heard {
    launches: RefCell<Vec<LaunchArgs>>,
    activations: RefCell<Vec<ActivatedArgs>>,
    others: RefCell<Vec<String>>,
    completions: RefCell<Vec<TaskCompletion>>,
}

impl App for Heard {
    async fn launched(self: Rc<Self>, args: LaunchArgs) {
        self.launches.borrow_mut().push(args);
    }

    async fn activated(self: Rc<Self>, args: ActivatedArgs) {
        self.activations.borrow_mut().push(args);
    }

    async fn resuming(self: Rc<Self>, args: ResumingArgs) {
        let ResumingArgs { away, .. } = args;
        self.others.borrow_mut().push(format!("away {away:?}"));
    }

    async fn memory_usage_changed(self: Rc<Self>, usage: MemoryUsage) {
        let MemoryUsage { change, level, used_bytes, limit_bytes, .. } = usage;
        self.others.borrow_mut().push(format!("{change} to {level}: {used_bytes} of {limit_bytes}"));
    }

    async fn memory_limit_changing(self: Rc<Self>, limit: MemoryLimit) {
        self.others.borrow_mut().push(format!("limit {} to {}", limit.old_bytes, limit.new_bytes));
    }

    async fn completed(self: Rc<Self>, completions: Vec<TaskCompletion>) {
        self.completions.borrow_mut().extend(completions);
    }

    async fn progressed(self: Rc<Self>, progress: TaskProgress) {
        self.others.borrow_mut().push(format!("{} of {}", progress.value, progress.registration_id));
    }
}

struct Exported;

impl Value for Exported {
    type App = Heard;

    fn value() -> Rc<Heard> {
        APP.with(Rc::clone)
    }
}

/// Nothing here waits.
fn over<T>(handler: impl Future<Output = T>) -> T {
    match pin!(handler).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits, and there is no host"),
    }
}

#[test]
fn all_handlers_share_one_value() {
    for (previous, told) in [
        (raw::PreviousExecutionState::NotRunning, PreviousExecutionState::NotRunning),
        (raw::PreviousExecutionState::Running, PreviousExecutionState::Running),
        (raw::PreviousExecutionState::Suspended, PreviousExecutionState::Suspended),
        (raw::PreviousExecutionState::Terminated, PreviousExecutionState::Terminated),
        (raw::PreviousExecutionState::ClosedByUser, PreviousExecutionState::ClosedByUser),
    ] {
        let args = raw::LaunchArgs { arguments: "x y".into(), previous, prelaunch: true };
        over(<Exported as Lifecycle>::launched(args));
        let heard = Exported::value();
        let launches = heard.launches.borrow();
        let last = launches.last().expect("it was launched");
        assert_eq!((&*last.arguments, last.previous, last.prelaunch), ("x y", told, true));
    }
    assert_eq!(Exported::value().launches.borrow().len(), 5);
}

#[test]
fn restores_what_was_saved_and_nothing_else() {
    use PreviousExecutionState::{ClosedByUser, NotRunning, Running, Suspended, Terminated};

    for (previous, restores) in
        [(NotRunning, false), (Running, false), (Suspended, false), (Terminated, true), (ClosedByUser, true)]
    {
        assert_eq!(previous.restores(), restores, "{previous}");
    }
}

#[test]
fn every_kind_of_activation_keeps_its_name_and_what_it_carries() {
    let item = raw::Item { name: "a".into(), content_type: "text/plain".into(), body: vec![1] };
    let line = raw::CommandLine { arguments: vec!["-v".into()], directory: "/local".into() };
    let message =
        raw::Message { topic: "inbox".into(), content_type: "text/plain".into(), body: b"hello".to_vec() };
    let kinds = [
        raw::ActivationKind::File(vec!["/local/a".into()]),
        raw::ActivationKind::Protocol("notes:1".into()),
        raw::ActivationKind::Share(vec![item]),
        raw::ActivationKind::Timer("noon".into()),
        raw::ActivationKind::Message(message),
        raw::ActivationKind::CommandLine(line),
        raw::ActivationKind::Custom(raw::CustomActivation { name: "own".into(), body: vec![2] }),
    ];
    for kind in kinds {
        let previous = raw::PreviousExecutionState::Suspended;
        over(<Exported as Lifecycle>::activated(raw::ActivatedArgs { kind, previous }));
    }
    let heard = Exported::value();
    let heard = heard.activations.borrow();
    assert!(heard.iter().all(|args| args.previous == PreviousExecutionState::Suspended));
    let names: Vec<_> = heard.iter().map(|args| args.kind.as_str()).collect();
    assert_eq!(names, ["file", "protocol", "share", "timer", "message", "command-line", "custom"]);
    let mut kinds = heard.iter().map(|args| &args.kind);
    assert!(matches!(kinds.next(), Some(ActivationKind::File(paths)) if paths == &["/local/a"]));
    assert!(matches!(kinds.next(), Some(ActivationKind::Protocol(uri)) if uri == "notes:1"));
    assert!(matches!(kinds.next(), Some(ActivationKind::Share(items))
            if items.len() == 1 && items[0].name == "a" && items[0].content_type == "text/plain" && items[0].body == [1]));
    assert!(matches!(kinds.next(), Some(ActivationKind::Timer(name)) if name == "noon"));
    assert!(
        matches!(kinds.next(), Some(ActivationKind::Message(m)) if m.topic == "inbox" && m.body == b"hello")
    );
    assert!(matches!(kinds.next(), Some(ActivationKind::CommandLine(line))
            if line.arguments == ["-v"] && line.directory == "/local"));
    assert!(matches!(kinds.next(), Some(ActivationKind::Custom(c)) if c.name == "own" && c.body == [2]));
}

#[test]
fn figures_arrive_in_the_units_that_they_are_documented_in() {
    over(<Exported as Lifecycle>::resuming(raw::ResumingArgs { away_ms: 90_000.0 }));
    over(<Exported as Lifecycle>::memory_usage_changed(raw::MemoryUsage {
        change: raw::MemoryChange::Increased,
        level: raw::MemoryLevel::OverLimit,
        used_bytes: 3e9,
        limit_bytes: f64::NAN,
    }));
    over(<Exported as Lifecycle>::memory_limit_changing(raw::MemoryLimit { old_bytes: 2.0, new_bytes: 1.0 }));
    over(<Exported as TaskEvents>::progressed(raw_events::TaskProgress {
        instance_id: "i".into(),
        registration_id: "r".into(),
        value: 50,
    }));
    let away = Duration::from_secs(90);
    let expected = [
        format!("away {away:?}"),
        format!("{} to {}: 3000000000 of 0", MemoryChange::Increased, MemoryLevel::OverLimit),
        "limit 2 to 1".to_owned(),
        "50 of r".to_owned(),
    ];
    assert_eq!(*Exported::value().others.borrow(), expected);
}

#[test]
fn completions_arrive_in_their_order() {
    let completion = |name: &str, succeeded: bool| raw_events::TaskCompletion {
        instance_id: "i".into(),
        registration_id: "r".into(),
        name: name.into(),
        succeeded,
        outcome: if succeeded { "succeeded".into() } else { "failed".into() },
        message: String::new(),
        coalesced: 2,
        ended_at_ms: 1500.0,
    };
    over(<Exported as TaskEvents>::completed(vec![completion("a", true), completion("b", false)]));
    let heard = Exported::value();
    let heard = heard.completions.borrow();
    let told: Vec<_> = heard.iter().map(|c| (&*c.name, c.succeeded, &*c.outcome, c.coalesced)).collect();
    assert_eq!(told, [("a", true, "succeeded", 2), ("b", false, "failed", 2)]);
    let at = std::time::UNIX_EPOCH + Duration::from_millis(1500);
    assert!(heard.iter().all(|c| c.ended_at == at));
}

/// Writes only what it must.
#[derive(Default)]
struct Quiet;

impl App for Quiet {
    async fn launched(self: Rc<Self>, _: LaunchArgs) {}
}

struct ExportedQuiet;

impl Value for ExportedQuiet {
    type App = Quiet;

    fn value() -> Rc<Quiet> {
        Rc::default()
    }
}

#[test]
fn a_handler_that_is_not_written_returns_at_once() {
    let kind = raw::ActivationKind::Timer("noon".into());
    let previous = raw::PreviousExecutionState::Running;
    over(<ExportedQuiet as Lifecycle>::activated(raw::ActivatedArgs { kind, previous }));
    over(<ExportedQuiet as Lifecycle>::resuming(raw::ResumingArgs { away_ms: 0.0 }));
    over(<ExportedQuiet as Lifecycle>::memory_limit_changing(raw::MemoryLimit {
        old_bytes: 1.0,
        new_bytes: 2.0,
    }));
    over(<ExportedQuiet as TaskEvents>::completed(Vec::new()));
}
