//! What has to come of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::matching::Match;
use crate::protocol::{CANCELLATIONS, EVENTS, FIRING_REFUSALS, OUTCOMES, POLICIES, RECEIPT, TRAPS};

/// What has to come of a case, when all its steps are done.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// A partial order: each of these was seen in its order, whatever stood between, and however one stands to another.
    pub order: Vec<Vec<Pattern>>,
    /// None of these was seen.
    pub never: Vec<Pattern>,
    /// How often each of these was seen.
    pub count: Vec<Counted>,
    /// How runs ended.
    pub run: Vec<ExpectedRun>,
}

/// Events that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The word of the event.
    pub event: String,
    /// The handle of its registration; none if it may be any.
    pub of: Option<String>,
    /// What is to be said of its members.
    pub members: BTreeMap<String, Match>,
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Map::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Pattern {
    fn parse(mut table: Map<String, Value>) -> Result<Self, String> {
        let event = take(&mut table, "event")?.ok_or("an event has a name: `event`")?;
        let of = take(&mut table, "of")?;
        let Some((_, known)) = EVENTS.iter().find(|(word, _)| *word == event) else {
            return Err(format!("there is no event {event:?}"));
        };
        let members = members(table, &event, known)?;
        Ok(Self { event, of, members })
    }
}

/// A text that may be missing.
fn take(table: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match table.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{name}` is {other}, and no text")),
    }
}

/// What is said of the members of an event, of which these are known.
fn members(
    table: Map<String, Value>,
    event: &str,
    known: &[&str],
) -> Result<BTreeMap<String, Match>, String> {
    let mut members = BTreeMap::new();
    for (name, value) in table {
        if !known.contains(&name.as_str()) {
            return Err(format!("the event `{event}` has no member `{name}`; it has {}", known.join(", ")));
        }
        let wanted = Match::parse(value).map_err(|error| error.to_string())?;
        if let Match::Object(figures) = &wanted
            && name == "receipt"
            && let Some(figure) = figures.keys().find(|figure| !RECEIPT.contains(&figure.as_str()))
        {
            return Err(format!("a receipt has no figure `{figure}`; it has {}", RECEIPT.join(", ")));
        }
        if let Some(word) = wanted.texts().into_iter().find(|word| !is_word(event, &name, word)) {
            return Err(format!("the `{name}` of an event `{event}` is never {word:?}"));
        }
        members.insert(name, wanted);
    }
    Ok(members)
}

/// Whether a member may say this: what never comes would be awaited, or excluded, for nothing.
fn is_word(event: &str, member: &str, word: &str) -> bool {
    match (member, event) {
        ("outcome", _) => OUTCOMES.iter().any(|(known, _)| *known == word),
        ("trap", _) => TRAPS.contains(&word),
        ("policy", _) => POLICIES.contains(&word),
        ("reason", "refused") => FIRING_REFUSALS.contains(&word),
        ("reason", _) => CANCELLATIONS.contains(&word),
        _ => true,
    }
}

/// How often something was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// What.
    pub pattern: Pattern,
    /// How often.
    pub times: Match,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut table = Map::deserialize(deserializer)?;
        let times = table.remove("times").ok_or_else(|| D::Error::custom("`times` is missing"))?;
        Ok(Self {
            times: Match::parse(times).map_err(D::Error::custom)?,
            pattern: Pattern::parse(table).map_err(D::Error::custom)?,
        })
    }
}

/// How a run ended, and what it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedRun {
    /// The handle of its registration.
    pub of: String,
    /// Which of those that ended, from 0, in the order in which they ended.
    pub index: usize,
    /// What it wrote to standard output.
    pub stdout: Option<Match>,
    /// And to standard error.
    pub stderr: Option<Match>,
    /// What is to be said of the members of its event `ended`.
    pub members: BTreeMap<String, Match>,
}

impl<'de> Deserialize<'de> for ExpectedRun {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut table = Map::deserialize(deserializer)?;
        let of = take(&mut table, "of").map_err(D::Error::custom)?.unwrap_or_else(|| "task".to_owned());
        let index = match table.remove("index") {
            None => 0,
            Some(index) => serde_json::from_value(index)
                .map_err(|error| D::Error::custom(format!("`index` is no number of a run: {error}")))?,
        };
        let mut text = |name| table.remove(name).map(Match::parse).transpose().map_err(D::Error::custom);
        let (stdout, stderr) = (text("stdout")?, text("stderr")?);
        let known = EVENTS.iter().find(|(word, _)| *word == "ended").map_or(&[][..], |(_, known)| known);
        let members = members(table, "ended", known).map_err(D::Error::custom)?;
        Ok(Self { of, index, stdout, stderr, members })
    }
}
