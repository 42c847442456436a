//! What an adapter may say: the members that `SPEC.md` has, all of them and no others.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::event::{EVENTS, Event, EventKind, OUTCOMES};
use super::op::Recorded;

type Table = Map<String, Value>;

/// What every end has, whatever its outcome.
const END: [&str; 5] = ["run", "activation", "attempt", "outcome", "receipt"];

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |mut table: Table| {
            let (seq, at_ms) = (take(&mut table, "seq")?, take(&mut table, "at_ms")?);
            let registration = take(&mut table, "registration")?;
            let word: String = take(&mut table, "event")?;
            let Some((_, known)) = EVENTS.iter().find(|(known, _)| *known == word) else {
                return Err(format!("there is no event {word:?}"));
            };
            if word == "ended" {
                has_end(&table)?;
            } else {
                has_only(&table, &word, known)?;
            }
            table.insert("event".to_owned(), word.into());
            let kind: EventKind = serde_json::from_value(table.into()).map_err(|error| error.to_string())?;
            Ok(Self { seq, at_ms, registration, kind })
        };
        read(Table::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Recorded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |mut table: Table| {
            has_end(&table)?;
            let run = take(&mut table, "run")?;
            let ended = serde_json::from_value(table.into()).map_err(|error| error.to_string())?;
            Ok(Self { run, ended })
        };
        read(Table::deserialize(deserializer)?).map_err(|why: String| D::Error::custom(why))
    }
}

fn take<T: DeserializeOwned>(table: &mut Table, name: &str) -> Result<T, String> {
    let value = table.remove(name).ok_or_else(|| format!("`{name}` is missing"))?;
    serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
}

fn has_only(table: &Table, what: &str, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("`{what}` has no member `{name}`; it has {}", known.join(", "))),
        None => Ok(()),
    }
}

/// An end has what its outcome has. A figure of its receipt that this runner does not know says nothing.
fn has_end(table: &Table) -> Result<(), String> {
    let outcome = table.get("outcome").and_then(Value::as_str).ok_or("`outcome` is missing")?;
    let Some((_, members)) = OUTCOMES.iter().find(|(known, _)| *known == outcome) else {
        return Err(format!("there is no outcome {outcome:?}"));
    };
    let known: Vec<&str> = END.iter().chain(*members).copied().collect();
    has_only(table, outcome, &known)?;
    match known.iter().find(|name| table.get(**name).is_none_or(Value::is_null)) {
        Some(name) => Err(format!("`{outcome}` has `{name}`, which is missing")),
        None => Ok(()),
    }
}
