//! What a case says of a value: that it is something, or within bounds.
//!
//! | written | holds if the value |
//! | --- | --- |
//! | `5`, `"abort"`, `true`, `[1, 2]` | is that |
//! | `{ min = 5 }`, `{ max = 9 }`, `{ min = 5, max = 9 }` | is a number within these bounds |
//! | `{ max_simulated = 9 }` | is a number up to this; says nothing where time is real |
//! | `{ contains = "x" }`, `{ starts_with = "x" }`, `{ ends_with = "x" }` | is a text that does |
//! | `{ one_of = ["a", "b"] }` | is one of these |
//! | `{ not = "x" }` | is something else |
//! | `{ absent = true }` | is not there, or null |
//! | `{ wall_ms = .., progress = .. }` | is an object whose members hold |

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What a value has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// Exactly this.
    Is(Value),
    /// Something that passes.
    Test(Box<Test>),
    /// An object with at least these members.
    Object(BTreeMap<String, Self>),
}

/// Bounds; those that are not given do not count.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Test {
    min: Option<f64>,
    max: Option<f64>,
    max_simulated: Option<f64>,
    contains: Option<String>,
    starts_with: Option<String>,
    ends_with: Option<String>,
    one_of: Option<Vec<Value>>,
    not: Option<Value>,
    absent: Option<bool>,
}

/// The names of the tests.
const TESTS: [&str; 9] =
    ["min", "max", "max_simulated", "contains", "starts_with", "ends_with", "one_of", "not", "absent"];

/// A text that is no [`Match`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// Tests beside members.
    #[error(
        "`{test}` is a test and `{member}` is none; put the tests of one value into a table of their own"
    )]
    Mixed {
        /// The test.
        test: String,
        /// The member.
        member: String,
    },
    /// `nan`, which is no value of JSON.
    #[error("`nan` is no number that a value could be, or be held against")]
    NotANumber,
    /// A test of the wrong kind.
    #[error("a test cannot be read: {0}")]
    Test(String),
}

impl Match {
    /// Reads what a case says.
    ///
    /// # Errors
    ///
    /// [`MatchError`]
    pub fn parse(value: Value) -> Result<Self, MatchError> {
        let members = match value {
            Value::Object(members) => members,
            // TOML has no null: this is what becomes of a number that JSON does not have.
            Value::Null => return Err(MatchError::NotANumber),
            value => return Ok(Self::Is(value)),
        };
        let is_test = |name: &&String| TESTS.contains(&name.as_str());
        let test = members.keys().find(is_test).cloned();
        let member = members.keys().find(|name| !is_test(name)).cloned();
        match (test, member) {
            (Some(test), Some(member)) => Err(MatchError::Mixed { test, member }),
            (Some(_), None) if members.values().any(Value::is_null) => Err(MatchError::NotANumber),
            (Some(_), None) => {
                let test = serde_json::from_value(Value::Object(members));
                test.map(Self::Test).map_err(|error: serde_json::Error| MatchError::Test(error.to_string()))
            }
            (None, _) => Self::members(members).map(Self::Object),
        }
    }

    fn members(members: Map<String, Value>) -> Result<BTreeMap<String, Self>, MatchError> {
        members.into_iter().map(|(name, value)| Ok((name, Self::parse(value)?))).collect()
    }

    /// Why `value` does not hold; none if it does. `simulated` says whether time is.
    #[must_use]
    pub fn mismatch(&self, value: Option<&Value>, simulated: bool) -> Option<String> {
        let seen = value.unwrap_or(&Value::Null);
        match self {
            Self::Is(wanted) => (!same(wanted, seen)).then(|| format!("is {seen}, not {wanted}")),
            Self::Test(test) => test.mismatch(seen, simulated),
            Self::Object(members) => members.iter().find_map(|(name, wanted)| {
                let why = wanted.mismatch(seen.get(name), simulated)?;
                Some(format!("`{name}` {why}"))
            }),
        }
    }
}

impl Match {
    /// The texts that a value may be, where it is said which.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Is(value) => value.as_str().into_iter().collect(),
            Self::Test(test) => {
                let all = test.one_of.iter().flatten().chain(&test.not);
                all.filter_map(Value::as_str).collect()
            }
            Self::Object(_) => Vec::new(),
        }
    }

    /// It in words.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Is(value) => value.to_string(),
            Self::Test(test) => format!("{test:?}"),
            Self::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(name, wanted)| format!("{name} {}", wanted.shown())).collect();
                format!("({})", members.join(", "))
            }
        }
    }
}

/// 5 and 5.0 are the same.
fn same(wanted: &Value, seen: &Value) -> bool {
    match (wanted.as_f64(), seen.as_f64()) {
        (Some(wanted), Some(seen)) => wanted.total_cmp(&seen).is_eq(),
        _ => wanted == seen,
    }
}

impl Test {
    fn mismatch(&self, seen: &Value, simulated: bool) -> Option<String> {
        let number = seen.as_f64();
        let no_number = || format!("is {seen}, and no number");
        let least = |bound: f64| match number {
            None => Some(no_number()),
            Some(number) => (number < bound).then(|| format!("is {number}, below {bound}")),
        };
        let most = |bound: f64| match number {
            None => Some(no_number()),
            Some(number) => (number > bound).then(|| format!("is {number}, above {bound}")),
        };
        let text = seen.as_str();
        let has = |what: &str, part: &str, holds: fn(&str, &str) -> bool| {
            (!text.is_some_and(|text| holds(text, part)))
                .then(|| format!("is {seen}, which does not {what} {part:?}"))
        };
        let bound = self.max_simulated.filter(|_| simulated);
        let absent = self.absent.filter(|absent| *absent != seen.is_null());
        self.min
            .and_then(least)
            .or_else(|| self.max.and_then(most))
            .or_else(|| bound.and_then(most))
            .or_else(|| self.contains.as_ref().and_then(|part| has("contain", part, |t, p| t.contains(p))))
            .or_else(|| {
                self.starts_with.as_ref().and_then(|part| has("start with", part, |t, p| t.starts_with(p)))
            })
            .or_else(|| self.ends_with.as_ref().and_then(|part| has("end with", part, |t, p| t.ends_with(p))))
            .or_else(|| {
                let all = self.one_of.as_ref()?;
                (!all.iter().any(|one| same(one, seen)))
                    .then(|| format!("is {seen}, none of {}", Value::from(all.clone())))
            })
            .or_else(|| self.not.as_ref().filter(|not| same(not, seen)).map(|_| format!("is {seen}")))
            .or_else(|| {
                absent.map(|absent| if absent { format!("is {seen}") } else { "is not there".to_owned() })
            })
    }
}

impl<'de> Deserialize<'de> for Match {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
