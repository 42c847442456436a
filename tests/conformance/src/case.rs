//! A case: what a host is made of, what is done to it, and what has to come of it. Data, not code; `SPEC.md` has the format.

mod check;
mod error;
mod expect;
mod load;
mod step;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::protocol::{App, Capability, HostSettings, Registration};

pub use error::{CaseError, CaseProblem};
pub use expect::{Counted, Expect, ExpectedRun, Pattern};
pub use load::{CASE_LEN_MAX, CASES_MAX, built_in, cases, load};
pub use step::Step;

/// The name of the app that `program` stands for.
pub const APP: &str = "test";

/// The most steps of a case.
pub const STEPS_MAX: usize = 1_000;

/// One case.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its area and its name: where its file is, as in `deferral/several`.
    pub id: String,
    /// What it shows, as a sentence.
    pub title: String,
    /// The rules that it shows, as in `UWP-074`.
    pub rule: Vec<String>,
    /// What a host must be able to do for it.
    pub needs: Vec<Capability>,
    /// Why it is as it is, where that is not plain.
    #[serde(default)]
    pub note: Option<String>,
    /// Short for one app, [`APP`], with that program.
    #[serde(default)]
    pub program: Option<String>,
    /// What the host is set to.
    #[serde(default)]
    pub host: HostSettings,
    /// Apps.
    #[serde(default)]
    pub app: Vec<Installed>,
    /// What is registered, and how the steps call it.
    #[serde(default)]
    pub registration: Vec<Named>,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
    /// What has to come of it.
    #[serde(default)]
    pub expect: Expect,
}

/// A registration with a handle.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// How the steps call it.
    pub handle: String,
    /// Not before a step `register` says so; else before the first step.
    pub later: bool,
    /// What it is.
    pub registration: Registration,
}

/// An app that is installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    /// Not before a step `install` says so; else before anything is registered.
    pub later: bool,
    /// What it is.
    pub app: App,
}

// Both halves of these tables refuse what they do not know, which `flatten` would not let them.

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Map::deserialize(deserializer)?;
        let handle = part(&mut table, "as", "task")?;
        let later = part(&mut table, "later", false)?;
        let registration = serde_json::from_value(table.into()).map_err(D::Error::custom)?;
        Ok(Self { handle, later, registration })
    }
}

impl<'de> Deserialize<'de> for Installed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Map::deserialize(deserializer)?;
        let later = part(&mut table, "later", false)?;
        Ok(Self { later, app: serde_json::from_value(table.into()).map_err(D::Error::custom)? })
    }
}

/// Takes what is the runner's own out of a table.
fn part<T: DeserializeOwned, E: Error>(
    table: &mut Map<String, Value>,
    name: &str,
    or: impl Into<Value>,
) -> Result<T, E> {
    let value = table.remove(name).unwrap_or_else(|| or.into());
    serde_json::from_value(value).map_err(|error| E::custom(format!("`{name}`: {error}")))
}

impl Case {
    /// The area that it belongs to: the first part of its id.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// All apps, that of `program` first.
    #[must_use]
    pub fn apps(&self) -> Vec<Installed> {
        let short = self.program.as_ref().map(|program| App {
            name: APP.to_owned(),
            program: program.clone(),
            triggers: None,
            directories: Vec::new(),
            quota: None,
        });
        let short = short.map(|app| Installed { later: false, app });
        short.into_iter().chain(self.app.iter().cloned()).collect()
    }

    /// The names of all programs, each once.
    #[must_use]
    pub fn programs(&self) -> Vec<String> {
        let of_steps = self.steps.iter().filter_map(|step| match step {
            Step::Command { program, .. } => Some(program.clone()),
            _ => None,
        });
        let of_apps = self.apps().into_iter().map(|installed| installed.app.program);
        let mut all: Vec<String> = of_apps.chain(of_steps).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Its registration with that handle.
    #[must_use]
    pub fn named(&self, handle: &str) -> Option<&Named> {
        self.registration.iter().find(|named| named.handle == handle)
    }
}

#[cfg(test)]
mod tests;
