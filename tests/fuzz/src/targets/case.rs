//! Cases of the conformance suite. What is taken is the same case when it is written anew, and is played to some end on an
//! adapter that does nothing.

use std::slice::from_ref;
use std::time::Duration;

use dormouse_conformance::adapter::Adapter;
use dormouse_conformance::case::{CASE_LEN_MAX, Case};
use dormouse_conformance::link::{Link, LinkError};
use dormouse_conformance::programs::Programs;
use dormouse_conformance::protocol::{Capability, Event, Hello, Now, Op, Reply};
use dormouse_conformance::runner::{Connect, Options, Outcome, Verdict, run};
use serde_json::json;

use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

/// Cases with one of everything.
const EXAMPLES: [&str; 4] =
    [include_str!("case/rich.toml"), include_str!("case/command.toml"), COUNTED, "id = 'a/b'\nsteps = []\n"];

const COUNTED: &str = r#"
id = "area/counted"
title = "It is counted"
rule = ["HOST-word"]
needs = ["tasks", "sim-clock"]
program = "run_returns_ok"
steps = [{ do = "advance", ms = 86400000 }, { do = "seen", event = { event = "fired" }, times = 0 }]

[expect]
count = [{ event = "started", times = { max = 3 } }]
"#;

pub(super) struct Cases;

/// What is asked of it is done, and nothing happens.
#[derive(Default)]
struct Nothing {
    at_ms: f64,
    registered: u32,
}

impl Adapter for Nothing {
    fn hello(&self) -> Hello {
        Hello::new("nothing", "1", Capability::ALL.to_vec())
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody looks so closely at so long a time")]
    fn handle(&mut self, op: Op, _: &mut dyn FnMut(Event)) -> Reply {
        match op {
            Op::Pass { ms } | Op::Advance { ms } => {
                self.at_ms += ms as f64;
                Reply::ok(Now { at_ms: self.at_ms })
            }
            Op::Register { .. } => {
                self.registered += 1;
                Reply::ok(json!({ "registration": format!("r-{}", self.registered) }))
            }
            Op::Fire { .. } => Reply::ok(json!({ "result": "accepted", "activation": "a" })),
            Op::Signal { .. } => Reply::ok(json!({ "fired": [] })),
            Op::List { .. } | Op::History { .. } | Op::Command { .. } => Reply::Unsupported("no".to_owned()),
            _ => Reply::done(),
        }
    }
}

/// What one case comes to; an error inside, if its adapter does not even say hello.
pub(super) fn verdict(
    case: &Case,
    connect: Connect<'_>,
    timeout: Duration,
) -> Result<Result<Verdict, LinkError>, Wrong> {
    let options = Options { jobs: 1, timeout, programs: Programs::default() };
    let report = match run(from_ref(case), connect, &options, &|_| {}) {
        Ok(report) => report,
        Err(error) => return Ok(Err(error)),
    };
    match <[Outcome; 1]>::try_from(report.outcomes) {
        Ok([outcome]) => Ok(Ok(outcome.verdict)),
        Err(all) => Err(Wrong(format!("one case came to {all:?}"))),
    }
}

/// Whatever it comes to, it comes to an end that can be shown.
fn played(case: &Case) -> Result<(), Wrong> {
    let connect = || Ok(Link::thread(Nothing::default));
    match verdict(case, &connect, Duration::from_secs(60))?.map_err(|error| Wrong(error.to_string()))? {
        // So long a time has no milliseconds any more.
        Verdict::Broken(why) => Wrong::unless(why.contains("let"), || why),
        Verdict::Passed | Verdict::Failed(_) | Verdict::Skipped(_) => Ok(()),
    }
}

impl Target for Cases {
    fn examples(&self) -> Vec<Vec<u8>> {
        inputs(EXAMPLES)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        inputs([
            "\n[[registration]]\n",
            "\n[[expect.run]]\n",
            "later = true\n",
            "of = \"task\"",
            "{ min = 1, max = 2 }",
            "{ one_of = [1, \"a\"] }",
            "{ absent = true }",
            "{ do = \"wait\", event = { event = \"started\" } }, ",
            "{ do = \"crash\" }, { do = \"start\" }, ",
            "\"crash\", ",
            "nan",
            "-inf",
            "1979-05-27T07:32:00Z",
            "\u{1b}[2J",
        ])
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let Ok(text) = std::str::from_utf8(input) else { return refused("it is no text") };
        let case = match Case::parse(text) {
            Ok(case) => case,
            Err(problem) => return refused(problem.to_string().escape_debug()),
        };
        // A table has no numbers beyond 63 bits, which members of a case may have.
        if let Ok(table) = toml::from_str::<toml::Table>(text) {
            let anew = toml::to_string(&table).map_err(|error| Wrong(error.to_string()))?;
            if anew.len() as u64 <= CASE_LEN_MAX {
                let again = Case::parse(&anew)
                    .map_err(|error| Wrong(format!("{error}, when written anew: {anew}")))?;
                Wrong::unless(again == case, || format!("{case:?} is {again:?} when it is written anew"))?;
            }
        }
        let steps: String = case.steps.iter().map(|step| step.word()).take(3).collect::<Vec<_>>().join(" ");
        played(&case)?;
        Ok(taken(steps))
    }
}
