//! Whether what was seen is what was to be.

use serde_json::Value;

use super::seen::Seen;
use crate::case::{Case, Counted, ExpectedRun, Pattern};
use crate::protocol::Stream;

/// What is not as the case expects it: a line each.
pub(super) fn judge(case: &Case, seen: &Seen) -> Vec<String> {
    let expect = &case.expect;
    let chains = expect.order.iter().filter_map(|chain| out_of_order(chain, seen));
    let never = expect
        .never
        .iter()
        .filter(|pattern| seen.count(pattern) > 0)
        .map(|pattern| format!("there was a {}", told(pattern)));
    let counts = expect.count.iter().filter_map(|counted| miscounted(counted, seen));
    let runs = expect.run.iter().flat_map(|run| of_run(run, seen));
    chains.chain(never).chain(counts).chain(runs).collect()
}

/// The events of `chain` were not seen in its order.
fn out_of_order(chain: &[Pattern], seen: &Seen) -> Option<String> {
    let mut rest = seen.events.iter();
    let missing = chain.iter().position(|pattern| !rest.any(|event| seen.is(pattern, event)))?;
    let pattern = chain.get(missing)?;
    let elsewhere = seen.count(pattern);
    let behind = match missing.checked_sub(1).and_then(|before| chain.get(before)) {
        Some(before) => format!(" behind the {}", told(before)),
        None => String::new(),
    };
    Some(format!("there is no {}{behind}; elsewhere there are {elsewhere}", told(pattern)))
}

fn miscounted(counted: &Counted, seen: &Seen) -> Option<String> {
    let times = seen.count(&counted.pattern);
    let why = counted.times.mismatch(Some(&Value::from(times)), seen.simulated)?;
    Some(format!("the number of {} {why}", told(&counted.pattern)))
}

fn of_run(expected: &ExpectedRun, seen: &Seen) -> Vec<String> {
    let ends = seen.ends(&expected.of);
    let Some((run, end)) = ends.get(expected.index) else {
        return vec![format!("run {} of {:?} did not end; {} did", expected.index, expected.of, ends.len())];
    };
    let members = expected.members.iter().filter_map(|(name, wanted)| {
        let why = wanted.mismatch(end.get(name), seen.simulated)?;
        Some((name.clone(), why))
    });
    let output = [("stdout", &expected.stdout, Stream::Stdout), ("stderr", &expected.stderr, Stream::Stderr)];
    let output = output.into_iter().filter_map(|(name, wanted, stream)| {
        let text = Value::from(seen.output(run, stream));
        let why = wanted.as_ref()?.mismatch(Some(&text), seen.simulated)?;
        Some((name.to_owned(), why))
    });
    let line = |(name, why): (String, String)| {
        format!("run {} of {:?}: `{name}` {why}", expected.index, expected.of)
    };
    members.chain(output).map(line).collect()
}

/// Events that are alike, in words.
pub(super) fn told(pattern: &Pattern) -> String {
    let of = pattern.of.as_ref().map(|of| format!(" of {of:?}")).unwrap_or_default();
    let members: Vec<String> =
        pattern.members.iter().map(|(name, wanted)| format!("{name} {}", wanted.shown())).collect();
    let with = if members.is_empty() { String::new() } else { format!(" with {}", members.join(", ")) };
    format!("`{}`{of}{with}", pattern.event)
}
