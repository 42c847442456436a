//! The line between a runner and an adapter of the conformance suite. The first byte of the input says who reads the rest:
//! an adapter, of whose answers there must be one for each request, with its number; or a runner, which must come to a
//! verdict whatever its adapter says, and passes a case only if what has to come of it was told.

use std::io::{BufReader, Write as _};
use std::time::Duration;

use dormouse_conformance::adapter::{Adapter, requests, serve};
use dormouse_conformance::case::Case;
use dormouse_conformance::link::Link;
use dormouse_conformance::protocol::{Capability, Event, EventKind, Hello, Line, Now, Op, Reply};
use dormouse_conformance::runner::Verdict;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::case::verdict;
use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

/// What the runner plays.
const CASE: &str = r#"
id = "area/name"
title = "It runs"
rule = ["UWP-072"]
needs = ["tasks", "run-events"]
program = "run_returns_ok"
steps = [{ do = "fire", of = "task" }, { do = "wait", event = { event = "completed", of = "task" }, within_ms = 20 }]

[[registration]]
trigger = { kind = "application" }

[[expect.run]]
outcome = "succeeded"
receipt = { wall_ms = 1.5 }
"#;

/// What an adapter says to that, as `SPEC.md` has it.
const SAID: &str = include_str!("protocol/said.jsonl");

/// What a runner asks, one of everything.
const ASKED: &str = include_str!("protocol/asked.jsonl");

pub(super) struct Protocol {
    case: Case,
}

/// Tells that something happened with each answer.
struct Teller {
    seq: u64,
}

impl Adapter for Teller {
    fn hello(&self) -> Hello {
        Hello::new("teller", "1", vec![Capability::Tasks])
    }

    fn handle(&mut self, op: Op, tell: &mut dyn FnMut(Event)) -> Reply {
        self.seq += 1;
        let kind = EventKind::Fault { message: op.word().to_owned() };
        tell(Event { seq: self.seq, at_ms: 0.0, registration: "r".to_owned(), kind });
        Reply::ok(Now { at_ms: 0.0 })
    }
}

impl Protocol {
    pub(super) fn new() -> Self {
        Self { case: Case::parse(CASE).expect("a case") }
    }

    fn adapter_reads(input: &[u8]) -> Result<Answer, Wrong> {
        let mut said = Vec::new();
        let served = serve(&mut Teller { seq: 0 }, requests(BufReader::new(input)), &mut said);
        let said = String::from_utf8(said).map_err(|error| Wrong(error.to_string()))?;
        let mut answered = Vec::new();
        let mut unsupported = 0;
        for line in said.lines() {
            match serde_json::from_str(line).map_err(|error| Wrong(format!("{error} in {line}")))? {
                Line::Event(_) => {}
                Line::Answer(answer) => {
                    unsupported += usize::from(matches!(answer.reply, Reply::Unsupported(_)));
                    answered.push(answer.id);
                }
            }
        }
        // What is no text ends it; what came before was answered.
        let text = String::from_utf8_lossy(input);
        let asked = text.split('\n').filter(|line| !line.trim().is_empty()).map(|line| {
            let request: Option<Value> = serde_json::from_str(line).ok();
            request.and_then(|request| request["id"].as_u64()).unwrap_or(0)
        });
        let asked: Vec<u64> = asked.take(if served.is_ok() { usize::MAX } else { answered.len() }).collect();
        Wrong::unless(asked == answered, || format!("{asked:?} were asked, and {answered:?} answered"))?;
        match served {
            Ok(()) if unsupported == 0 => {
                Ok(taken(format!("requests {}", "r".repeat(answered.len().min(9)))))
            }
            Ok(()) => refused("unsupported"),
            Err(error) => refused(error),
        }
    }

    fn runner_reads(&self, input: &[u8]) -> Result<Answer, Wrong> {
        let io = |error: std::io::Error| Wrong(error.to_string());
        let mut file = NamedTempFile::new().map_err(io)?;
        file.write_all(input).map_err(io)?;
        let command = ["cat".to_owned(), file.path().to_string_lossy().into_owned()];
        let connect = || Link::process(&command);
        let verdict = match verdict(&self.case, &connect, Duration::from_secs(20))? {
            Ok(verdict) => verdict,
            Err(error) => return refused(error.to_string().escape_debug()),
        };
        match verdict {
            Verdict::Passed => {
                let text = String::from_utf8_lossy(input);
                let told = |word: &str| text.contains(&format!("\"{word}\""));
                let all = ["fired", "started", "ended", "completed"].into_iter().all(told);
                Wrong::unless(all, || "a case passed of which nothing was told".to_owned())?;
                Ok(taken("passed"))
            }
            Verdict::Skipped(why) => Ok(taken(format!("skipped {why}"))),
            Verdict::Failed(lines) => refused(lines.first().map_or("", String::as_str).escape_debug()),
            Verdict::Broken(why) => {
                let waited = why.contains("did not answer") || why.contains("took longer");
                Wrong::unless(!waited, || format!("it was waited for: {why}"))?;
                refused(why.escape_debug())
            }
        }
    }
}

impl Target for Protocol {
    fn examples(&self) -> Vec<Vec<u8>> {
        let half = SAID.lines().take(7).map(|line| format!("{line}\n")).collect::<String>();
        vec![
            [b"\0", ASKED.as_bytes()].concat(),
            [b"\x01", SAID.as_bytes()].concat(),
            [b"\x01", half.as_bytes()].concat(),
        ]
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "\n",
            "{\"id\":7,\"op\":\"pass\",\"ms\":0}\n",
            "{\"id\":8,\"op\":\"what is that\",\"of\":[]}\n",
            "{\"id\":-1}\n",
            "{\"answer\":{\"id\":5,\"reply\":{\"ok\":{}}}}\n",
            "{\"refused\":{\"reason\":\"spent\"}}",
            "{\"unsupported\":\"no\"}",
            "{\"failed\":\"no\"}",
            "\"registration\":\"r\",",
            "\"seq\":9,",
            "\"run\":\"x\",",
            "\"sim-clock\",",
            "null",
            "\u{1b}[2J",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let (who, rest) = input.split_first().unwrap_or((&0, &[]));
        if who % 2 == 0 { Self::adapter_reads(rest) } else { self.runner_reads(rest) }
    }
}
