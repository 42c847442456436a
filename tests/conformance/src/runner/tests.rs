//! The runner, against adapters that do what none should.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::adapter::Adapter;
use crate::case::Case;
use crate::link::{EVENTS_MAX, Link, LinkError};
use crate::protocol::{Capability, Event, EventKind, Hello, Now, Op, PROTOCOL, Reply};

const CASE: &str = r#"
id = "area/name"
title = "It runs"
rule = ["UWP-072"]
needs = ["tasks", "run-events"]
program = "run_returns_ok"
steps = [
    { do = "fire", of = "task" },
    { do = "wait", event = { event = "completed", of = "task" }, within_ms = 1000 },
]

[[registration]]
trigger = { kind = "application" }

[expect]
never = [{ event = "denied" }]

[[expect.run]]
outcome = "succeeded"
"#;

/// Does everything right but what it is told to do wrong.
struct Scripted {
    hello: Hello,
    /// What it answers to the operations of this word, instead of what is right.
    wrong: Option<(&'static str, Reply)>,
    /// What happened, told with the next answer to `pass`.
    events: VecDeque<Value>,
    hangs_at: Option<&'static str>,
    /// What time it says that it is.
    at_ms: f64,
    /// How much of the time that is to pass it lets pass.
    passes: f64,
    /// It tells more events of such a length than any case comes to, before it answers this.
    floods_at: Option<(&'static str, usize)>,
}

impl Scripted {
    fn right() -> Self {
        let events = [
            json!({ "event": "fired", "activation": "a", "coalesced": 1 }),
            json!({ "event": "started", "activation": "a", "run": "r", "attempt": 1 }),
            json!({ "event": "ended", "activation": "a", "run": "r", "attempt": 1, "outcome": "succeeded", "receipt": {} }),
            json!({ "event": "completed", "activation": "a", "success": true }),
        ];
        let can = vec![Capability::Tasks, Capability::RunEvents, Capability::SimClock];
        Self {
            hello: Hello::new("scripted", "1", can),
            wrong: None,
            events: events.into(),
            hangs_at: None,
            at_ms: 0.0,
            passes: 1.0,
            floods_at: None,
        }
    }

    fn wrong(word: &'static str, reply: Reply) -> Self {
        Self { wrong: Some((word, reply)), ..Self::right() }
    }

    /// With other events: numbered in order unless they say otherwise.
    fn telling(events: &[Value]) -> Self {
        Self { events: events.iter().cloned().collect(), ..Self::right() }
    }
}

impl Adapter for Scripted {
    fn hello(&self) -> Hello {
        self.hello.clone()
    }

    fn handle(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply {
        let word = op.word();
        if self.hangs_at == Some(word) {
            loop {
                std::thread::park();
            }
        }
        if let Some((_, len)) = self.floods_at.filter(|(at, _)| *at == word) {
            for seq in 1..=EVENTS_MAX as u64 + 1 {
                let kind = EventKind::Fault { message: "x".repeat(len) };
                tell(Event { seq, at_ms: 0.0, registration: "t".to_owned(), kind });
            }
        }
        if let Some((_, reply)) = self.wrong.iter().find(|(at, _)| *at == word) {
            return reply.clone();
        }
        match op {
            Op::Register { .. } => Reply::ok(json!({ "registration": "t" })),
            Op::Fire { .. } => Reply::ok(json!({ "result": "accepted", "activation": "a" })),
            Op::Pass { ms } | Op::Advance { ms } => {
                for (index, mut event) in self.events.drain(..).enumerate() {
                    let members = event.as_object_mut().unwrap();
                    let seq = members.remove("seq").unwrap_or(json!(index + 1));
                    let at_ms = members.remove("at_ms").unwrap_or(json!(1.0));
                    let kind: EventKind = serde_json::from_value(event).unwrap();
                    let (seq, at_ms) = (seq.as_u64().unwrap(), at_ms.as_f64().unwrap());
                    tell(Event { seq, at_ms, registration: "t".to_owned(), kind });
                }
                #[expect(clippy::cast_precision_loss, reason = "a second")]
                let passed = ms as f64 * self.passes;
                self.at_ms += passed;
                Reply::ok(Now { at_ms: self.at_ms })
            }
            _ => Reply::done(),
        }
    }
}

fn options() -> Options {
    Options { jobs: 1, timeout: Duration::from_secs(60), programs: Programs::default() }
}

fn verdict_of(case: &str, adapter: Scripted, options: &Options) -> Verdict {
    let case = Case::parse(case).unwrap();
    let adapter = Mutex::new(Some(adapter));
    let connect = || {
        let adapter = adapter.lock().unwrap().take().expect("asked once");
        Ok(Link::thread(move || adapter))
    };
    let report = run(&[case], &connect, options, &|_| {}).unwrap();
    report.outcomes[0].verdict.clone()
}

fn verdict(adapter: Scripted) -> Verdict {
    verdict_of(CASE, adapter, &options())
}

fn broken(verdict: &Verdict, why: &str) {
    let Verdict::Broken(text) = verdict else { panic!("{verdict:?} instead of {why}") };
    assert!(text.contains(why), "{text}");
}

fn failed(verdict: &Verdict, why: &str) {
    let Verdict::Failed(lines) = verdict else { panic!("{verdict:?} instead of {why}") };
    assert!(lines[0].contains(why), "{lines:#?}");
}

#[test]
fn what_is_as_it_should_be_passes() {
    assert_eq!(verdict(Scripted::right()), Verdict::Passed);
}

#[test]
fn what_a_host_cannot_do_is_skipped_with_its_reason() {
    let mut adapter = Scripted::right();
    adapter.hello.capabilities.clear();
    assert_eq!(verdict(adapter), Verdict::Skipped("needs tasks, run-events".to_owned()));
    let adapter = Scripted::wrong("install", Reply::Unsupported("no files here".to_owned()));
    assert_eq!(verdict(adapter), Verdict::Skipped("no files here".to_owned()));
}

#[test]
fn an_adapter_that_hangs_is_broken_and_not_waited_for() {
    let options = Options { timeout: Duration::from_millis(50), ..options() };
    let hangs = Scripted { hangs_at: Some("fire"), ..Scripted::right() };
    broken(&verdict_of(CASE, hangs, &options), "did not answer `fire` within 50ms");
}

#[test]
fn an_adapter_that_lies_about_order_is_found_out() {
    let fired = json!({ "event": "fired", "activation": "a", "coalesced": 1 });
    let started = json!({ "event": "started", "activation": "a", "run": "r", "attempt": 1 });
    let with = |event: &Value, name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event
    };
    let gap = [fired.clone(), with(&started, "seq", json!(3))];
    broken(&verdict(Scripted::telling(&gap)), "event 2 was to come, and 3 came");
    let twice = [fired.clone(), with(&started, "seq", json!(1))];
    broken(&verdict(Scripted::telling(&twice)), "event 2 was to come, and 1 came");
    let back = [fired.clone(), with(&started, "at_ms", json!(0.5))];
    broken(&verdict(Scripted::telling(&back)), "the one before it of 1 ms");
    // What is numbered well and cannot be is the host's fault.
    failed(&verdict(Scripted::telling(&[started])), "which never fired");
    let done = json!({ "event": "completed", "activation": "a", "success": true });
    failed(&verdict(Scripted::telling(&[fired, done.clone(), done])), "completed twice (UWP-117)");
}

#[test]
fn an_adapter_that_lets_no_time_pass_is_not_waited_for() {
    let stands = Scripted { passes: 0.0, ..Scripted::telling(&[]) };
    broken(&verdict(stands), "answered `pass` 100 times in a row, told nothing and let no time pass");
    let back = Scripted { passes: -1.0, ..Scripted::telling(&[]) };
    broken(&verdict(back), "says that it is -1000 ms, and said before that it was 0 ms");
    let advances = CASE.replace("steps = [", "steps = [\n    { do = \"advance\", ms = 1000 },");
    let short = Scripted { passes: 0.5, ..Scripted::right() };
    let short = verdict_of(&advances, short, &options());
    broken(&short, "was to let 1000 ms pass from 0 ms on, and answered at 500 ms");
    let ahead = json!({ "at_ms": 2000.0, "event": "fired", "activation": "a", "coalesced": 1 });
    broken(&verdict(Scripted::telling(&[ahead])), "told an event of 2000 ms, and then that it is 0 ms");
}

#[test]
fn an_adapter_that_creeps_has_no_longer_than_a_case_has() {
    // Each answer comes at once, and each lets something pass: only the case as a whole has an end.
    let options = Options { timeout: Duration::from_millis(200), ..options() };
    let case = CASE.replace("within_ms = 1000", "within_ms = 4000000000");
    assert_ne!(case, CASE);
    let creeps = Scripted { passes: 1e-9, ..Scripted::telling(&[]) };
    broken(&verdict_of(&case, creeps, &options), "took longer than 2s");
}

#[test]
fn what_an_adapter_tells_has_an_end() {
    for len in [0, 10_000] {
        let floods = Scripted { floods_at: Some(("fire", len)), ..Scripted::right() };
        broken(&verdict(floods), "more than 100000 events in one case, or more than 67108864 bytes");
    }
}

#[test]
fn what_an_adapter_answers_must_be_an_answer() {
    broken(&verdict(Scripted::wrong("open", Reply::failed("no room"))), "failed at `open`: no room");
    broken(&verdict(Scripted::wrong("register", Reply::done())), "missing field `registration`");
    broken(&verdict(Scripted::wrong("pass", Reply::ok(json!({ "at_ms": "soon" })))), "answered `pass` with");
    let more = Reply::ok(json!({ "registration": "t", "color": "red" }));
    broken(&verdict(Scripted::wrong("register", more)), "unknown field `color`");
    broken(&verdict(Scripted::wrong("open", Reply::ok(json!({ "more": 1 })))), "unknown field `more`");
    broken(&verdict(Scripted::wrong("close", Reply::refused("ended", ""))), "it should have been done");
    broken(&verdict(Scripted::wrong("close", Reply::failed("it does not end"))), "failed at `close`");
}

#[test]
fn what_a_host_does_otherwise_fails_with_the_step_that_saw_it() {
    let refused = Scripted::wrong("fire", Reply::refused("spent", "it has fired"));
    failed(&verdict(refused), "step 1 (fire): it was refused: spent: it has fired");
    let other = Scripted::wrong("fire", Reply::ok(json!({ "result": "coalesced", "activation": "a" })));
    failed(&verdict(other), "it came to \"coalesced\", not \"accepted\"");
    failed(&verdict(Scripted::telling(&[])), "waited 1000 ms for 1 `completed` of \"task\"; saw 0");
    let mut events: Vec<Value> = Scripted::right().events.into();
    events[2]["outcome"] = json!("interrupted");
    failed(
        &verdict(Scripted::telling(&events)),
        "run 0 of \"task\": `outcome` is \"interrupted\", not \"succeeded\"",
    );
    events[2]["outcome"] = json!("succeeded");
    events.insert(2, json!({ "event": "denied", "run": "r", "what": "the network" }));
    failed(&verdict(Scripted::telling(&events)), "there was a `denied`");
}

#[test]
fn what_was_to_be_refused_and_was_not_fails() {
    let case = CASE.replace(
        "of = \"task\" },\n    { do = \"wait\"",
        "of = \"task\", refused = \"spent\" },\n    { do = \"wait\"",
    );
    assert_ne!(case, CASE);
    failed(&verdict_of(&case, Scripted::right(), &options()), "it was not refused as \"spent\"");
    let other = Scripted::wrong("fire", Reply::refused("queue-full", ""));
    failed(&verdict_of(&case, other, &options()), "refused as \"queue-full\" and not as \"spent\"");
}

#[test]
fn an_adapter_of_another_version_is_no_adapter() {
    let connect = || {
        Ok(Link::thread(|| {
            let mut adapter = Scripted::right();
            adapter.hello.protocol = PROTOCOL + 1;
            adapter
        }))
    };
    let error = run(&[], &connect, &options(), &|_| {}).unwrap_err();
    assert!(matches!(error, LinkError::Version { theirs } if theirs == PROTOCOL + 1), "{error}");
}

#[test]
fn an_adapter_that_breaks_is_replaced_for_the_next_case() {
    let cases = [Case::parse(CASE).unwrap(), Case::parse(&CASE.replace("area/name", "area/next")).unwrap()];
    let made = std::sync::atomic::AtomicUsize::new(0);
    let connect = || {
        let first = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let adapter = if first { Scripted::wrong("fire", Reply::failed("oh")) } else { Scripted::right() };
        Ok(Link::thread(move || adapter))
    };
    let report = run(&cases, &connect, &options(), &|_| {}).unwrap();
    let verdicts: Vec<_> = report.outcomes.iter().map(|outcome| (&*outcome.id, &outcome.verdict)).collect();
    assert!(
        matches!(verdicts[..], [("area/name", Verdict::Broken(_)), ("area/next", Verdict::Passed)]),
        "{verdicts:?}"
    );
    assert_eq!(report.host, "scripted 1");
}
