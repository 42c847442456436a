//! `SPEC.md` has all that there is and nothing else, and what it shows is so.

use std::collections::BTreeSet;
use std::process::Command;

use dormouse_conformance::case::Case;
use dormouse_conformance::protocol::{
    Access, App, CANCELLATIONS, Capability, Directory, DirectoryAccess, EVENTS, FIRING_REFUSALS,
    HostSettings, IfExists, Limits, Line, OPS, OUTCOMES, Op, Overlap, POLICIES, Program, Quota, RECEIPT,
    REFUSALS, RESULTS, RUN_EVENTS, Registration, Request, Retry, TRAPS, Trigger, WorkCost,
};
use dormouse_core::limits::Class;
use dormouse_core::{AccessStatus, Refusal};
use serde::Serialize;
use serde_json::{Value, json};

const TEXT: &str = include_str!("../../SPEC.md");

/// The rows of the table whose head begins so: the cells of each.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let (_, rows) = TEXT.split_once(head).unwrap_or_else(|| panic!("there is no table {head:?}"));
    let rows = rows.lines().skip(2).map_while(|line| line.strip_prefix('|'));
    rows.map(|row| row.trim_end_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The words in backquotes, in their order.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The words in backquotes behind `lead`, up to the end of the paragraph.
fn listed(lead: &str) -> Vec<&'static str> {
    let (_, text) = TEXT.split_once(lead).unwrap_or_else(|| panic!("there is no {lead:?}"));
    words(text.split_once("\n\n").map_or(text, |(paragraph, _)| paragraph))
}

#[track_caller]
fn same<'a>(
    what: &str,
    written: impl IntoIterator<Item = &'a str>,
    there: impl IntoIterator<Item = &'a str>,
) {
    let (written, there): (BTreeSet<_>, BTreeSet<_>) =
        (written.into_iter().collect(), there.into_iter().collect());
    assert!(!there.is_empty(), "{what}");
    assert_eq!(written, there, "{what}: left as SPEC.md has it, right as it is");
}

fn members(value: &impl Serialize) -> BTreeSet<String> {
    serde_json::to_value(value).unwrap().as_object().unwrap().keys().cloned().collect()
}

fn registration() -> Registration {
    Registration {
        app: "a".into(),
        name: "n".into(),
        group: Some("g".into()),
        entry_point: "main".into(),
        trigger: Some(Trigger::Application {}),
        conditions: vec!["user-present".into()],
        cancel_on_condition_loss: true,
        overlap: Some(Overlap::Coalesce {}),
        limits: Some(limits()),
        retry: Some(Retry { max_attempts: 1, initial_ms: 1, max_ms: 1 }),
        env: [("A".to_owned(), "b".to_owned())].into(),
        args: vec!["x".into()],
        if_exists: IfExists::Keep,
    }
}

fn limits() -> Limits {
    Limits {
        class: Some("long".into()),
        wall_ms: Some(1),
        cpu_ms: Some(1),
        grace_ms: Some(1),
        memory_bytes: Some(1),
        output_bytes: Some(1),
        deferrals: Some(1),
    }
}

fn app() -> App {
    let directory = Directory {
        path: "/d".into(),
        access: DirectoryAccess::ReadOnly,
        files: [("f".to_owned(), "t".to_owned())].into(),
    };
    App {
        name: "a".into(),
        program: "p".into(),
        triggers: Some(vec!["time".into()]),
        directories: vec![directory],
        quota: Some(Quota { cpu_ms: 1, window_ms: 2 }),
    }
}

fn host() -> HostSettings {
    HostSettings {
        slots: Some(1),
        slots_per_app: Some(1),
        quarantine_after: Some(1),
        registrations_per_app: Some(1),
        access: Some(Access::Unspecified),
    }
}

/// Each operation, with all that it may have.
fn operations() -> Vec<Op> {
    let text = || "x".to_owned();
    let program = || Program { name: text(), path: text() };
    vec![
        Op::Hello { protocol: 1, runner: text() },
        Op::Open { case: text(), host: host() },
        Op::Install { app: app(), program: program() },
        Op::Register { registration: registration() },
        Op::Validate { registration: registration() },
        Op::Unregister { registration: text(), cancel: true },
        Op::Fire { registration: text(), arguments: Some(text()), key: Some(text()) },
        Op::Signal { topic: text(), content_type: text(), body: text() },
        Op::Condition { condition: text(), holds: text() },
        Op::WorkCost { cost: WorkCost::Low },
        Op::SystemEvent { event: text() },
        Op::Access { app: text(), access: Access::Unspecified },
        Op::Cancel { run: text(), kill: true },
        Op::Pass { ms: 1 },
        Op::Advance { ms: 1 },
        Op::Settle,
        Op::List { app: text() },
        Op::History { registration: text() },
        Op::Stop,
        Op::Crash,
        Op::Start,
        Op::Command {
            program: program(),
            args: vec![text()],
            env: [(text(), text())].into(),
            stdin: text(),
            limits: limits(),
        },
        Op::Close,
    ]
}

#[test]
fn each_operation_is_written_with_its_members() {
    let rows = table("| operation | members |");
    same("operations", rows.iter().map(|row| words(row[0])[0]), OPS.iter().copied());
    let all = operations();
    same("those of this test", all.iter().map(Op::word), OPS.iter().copied());
    for op in all {
        let row = rows.iter().find(|row| words(row[0]) == [op.word()]).unwrap();
        let written: BTreeSet<&str> = words(row[1]).into_iter().chain(["op"]).collect();
        assert_eq!(written, members(&op).iter().map(String::as_str).collect(), "{}", op.word());
    }
}

#[test]
fn each_event_is_written_with_its_members_and_each_outcome() {
    let rows = table("| event | members |");
    let mut within = false;
    let mut seen = BTreeSet::new();
    for row in &rows {
        within |= row[0].contains("with `run-events`");
        // Some rows are about two events, which have the same members.
        for word in words(row[0].trim_matches('*')).into_iter().filter(|word| *word != "run-events") {
            let (_, there) =
                EVENTS.iter().find(|(known, _)| *known == word).unwrap_or_else(|| panic!("{word}"));
            if word != "ended" {
                assert_eq!(words(row[1]), *there, "{word}");
            }
            assert_eq!(within, RUN_EVENTS.contains(&word), "{word}");
            assert!(seen.insert(word), "{word} twice");
        }
    }
    same("events", seen, EVENTS.iter().map(|(word, _)| *word));
    let rows = table("| `outcome` | members |");
    same("outcomes", rows.iter().map(|row| words(row[0])[0]), OUTCOMES.iter().map(|(word, _)| *word));
    let (_, trapped) = TEXT.split_once("| `trapped` | `trap`, `message` |").unwrap();
    same("traps", words(trapped.lines().next().unwrap()), TRAPS.iter().copied());
    for row in rows {
        let (_, there) = OUTCOMES.iter().find(|(word, _)| *word == words(row[0])[0]).unwrap();
        assert_eq!(words(row[1]), *there, "{}", row[0]);
    }
    same(
        "the receipt",
        listed("`receipt` has what the host measures of these, and the rest is left out"),
        RECEIPT.iter().copied(),
    );
}

#[test]
fn each_table_of_a_case_is_written_with_its_members() {
    let of = |head: &str| table(head).iter().flat_map(|row| words(row[0])).collect::<Vec<_>>();
    let there = members(&host());
    same("host", of("**`host`**:\n\n| member |"), there.iter().map(String::as_str));
    let there = members(&registration());
    same("registration", of("**`registration`**:\n\n| member |"), there.iter().map(String::as_str));
    let paragraph = listed("**`app`**:");
    for member in members(&app()).iter().chain(&members(&app().directories[0])).chain(&members(&app().quota))
    {
        assert!(paragraph.contains(&member.as_str()), "app: {member}");
    }
    let row =
        table("**`registration`**:\n\n| member |").into_iter().find(|row| row[0] == "`limits`").unwrap();
    for member in members(&limits()) {
        assert!(words(row[1]).contains(&member.as_str()), "limits: {member}");
    }
}

#[test]
fn the_words_are_all_there_and_are_those_of_the_library() {
    let rows = table("| word | the host, with its adapter |");
    same(
        "capabilities",
        rows.iter().map(|row| words(row[0])[0]),
        Capability::ALL.iter().map(|can| can.as_str()),
    );
    same("results", listed("**Results** of firings:"), RESULTS.iter().copied());
    same(
        "refusals of firings",
        listed("**Reasons of refusals** of a firing:"),
        FIRING_REFUSALS.iter().copied(),
    );
    same("refusals of firings", FIRING_REFUSALS.iter().copied(), Refusal::ALL.map(Refusal::as_str));
    same("refusals", listed("**Reasons of other refusals**:"), REFUSALS.iter().copied());
    same("cancellations", listed("**Reasons of cancellations**:"), CANCELLATIONS.iter().copied());
    for reason in CANCELLATIONS {
        let known: Result<dormouse_core::CancellationReason, _> = serde_json::from_value(json!(reason));
        assert!(known.is_ok(), "{reason}");
    }
    same("policies", listed("**Policies**, which say which rule cancelled:"), POLICIES.iter().copied());
    let row = table("| operation | members |").into_iter().find(|row| row[0] == "`access`").unwrap();
    same("access", words(row[2]), AccessStatus::ALL.map(AccessStatus::as_str));
}

#[test]
fn the_figures_are_those_of_the_library() {
    let rows = table("| | `default` | `long` | `maintenance` |");
    let figure = |lead: &str, class: usize| -> u128 {
        let row = rows.iter().find(|row| row[0].contains(lead)).unwrap_or_else(|| panic!("no {lead}"));
        row[class + 1].parse().unwrap()
    };
    for (index, class) in [Class::Default, Class::Long, Class::Maintenance].into_iter().enumerate() {
        let limits = class.limits();
        for (lead, there) in [
            ("`wall_ms`", limits.wall.as_millis()),
            ("`cpu_ms`", limits.cpu.as_millis()),
            ("`grace_ms`", limits.grace.as_millis()),
            ("`memory_bytes`", limits.memory_bytes.into()),
            ("`output_bytes`", limits.output_bytes.into()),
            ("`deferrals`", limits.deferrals.into()),
            ("`idle-task`", limits.idle.as_millis()),
            ("random bytes", limits.random_bytes.into()),
            ("flood of progress", limits.progress_every.as_millis()),
        ] {
            assert_eq!(figure(lead, index), there, "{lead} of {class:?}");
        }
    }
    let start = dormouse_core::Clock::wall(&dormouse_core::SimClock::new()).to_string();
    assert!(TEXT.contains(&start), "simulated time begins at {start}");
}

#[test]
fn what_it_shows_is_read_by_the_runner() {
    let (_, shown) = TEXT.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let mut kinds = BTreeSet::new();
    for line in shown.lines() {
        if let Some(request) = line.strip_prefix("runner") {
            let value: Value = serde_json::from_str(request).unwrap();
            let request: Request =
                serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e}: {line}"));
            let written = serde_json::to_value(&request).unwrap();
            assert_eq!(written, value, "it is as the runner writes it");
            kinds.insert("request");
        } else {
            let told = line.strip_prefix("adapter").unwrap_or_else(|| panic!("{line}"));
            let told: Line = serde_json::from_str(told).unwrap_or_else(|e| panic!("{e}: {line}"));
            kinds.insert(if let Line::Event(_) = told { "event" } else { "answer" });
        }
    }
    assert_eq!(kinds.len(), 3);
    let (_, case) = TEXT.split_once("```toml\n").unwrap();
    let (case, _) = case.split_once("```").unwrap();
    let case = Case::parse(case).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(case.id, "cancellation/ignored");
}

#[test]
fn each_option_of_the_program_is_written() {
    let help = |args: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_dormouse-conform")).args(args).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let rows = table("| option | of | is |");
    let written: BTreeSet<(&str, &str)> = rows
        .iter()
        .flat_map(|row| words(row[1]).into_iter().map(|of| (of, words(row[0])[0].split(' ').next().unwrap())))
        .collect();
    let mut there = BTreeSet::new();
    for command in ["run", "list", "programs", "adapter library", "adapter daemon", "adapter wasmtime"] {
        let text = help(&command.split(' ').collect::<Vec<_>>());
        for line in text.lines().map(str::trim).filter(|line| line.starts_with('-')) {
            let long = line.split([' ', ',']).find(|word| word.starts_with("--"));
            there.extend(long.map(|long| (command, long.to_owned())));
        }
    }
    there.retain(|(_, long)| long != "--help");
    let there: BTreeSet<(&str, &str)> =
        there.iter().map(|(command, long)| (*command, long.as_str())).collect();
    assert_eq!(written, there, "left as SPEC.md has it, right as it is");
}
