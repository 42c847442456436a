//! What a case looks at: what signals came to, what is registered, what is recorded.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{End, Play};
use crate::matching::Match;
use crate::protocol::{Listed, Op, Recorded, Signaled};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    registrations: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct History {
    runs: Vec<Recorded>,
}

impl Play<'_> {
    pub(super) fn heard(
        &self,
        fired: &[Signaled],
        results: &BTreeMap<String, String>,
        heard: Option<usize>,
    ) -> Result<(), End> {
        if let Some(wanted) = heard.filter(|wanted| *wanted != fired.len()) {
            return Err(End::Failed(format!("{} registrations heard it, not {wanted}", fired.len())));
        }
        for (handle, wanted) in results {
            let id = self.id(handle)?;
            let result = fired.iter().find(|one| one.registration == id).map(|one| one.result.as_str());
            if result != Some(wanted) {
                return Err(End::Failed(format!("{handle:?} came to {result:?}, not {wanted:?}")));
            }
        }
        Ok(())
    }

    pub(super) fn list(&mut self, app: &str, wanted: &BTreeMap<String, Match>) -> Result<(), End> {
        let List { registrations } = self.must_answer(Op::List { app: app.to_owned() })?;
        if registrations.len() != wanted.len() {
            return Err(End::Failed(format!(
                "there are {}, not {}: {registrations:?}",
                registrations.len(),
                wanted.len()
            )));
        }
        for (handle, wanted) in wanted {
            let id = self.id(handle)?;
            let Some(listed) = registrations.iter().find(|listed| listed.registration == id) else {
                return Err(End::Failed(format!("{handle:?} is not listed")));
            };
            let value = serde_json::to_value(listed).unwrap_or_default();
            if let Some(why) = wanted.mismatch(Some(&value), self.seen.simulated) {
                return Err(End::Failed(format!("{handle:?} {why}")));
            }
        }
        Ok(())
    }

    pub(super) fn history(&mut self, of: &str, wanted: &[Match]) -> Result<(), End> {
        let History { runs } = self.must_answer(Op::History { registration: self.id(of)? })?;
        if runs.len() != wanted.len() {
            return Err(End::Failed(format!(
                "there are {} runs, not {}: {runs:?}",
                runs.len(),
                wanted.len()
            )));
        }
        for (index, (run, wanted)) in runs.iter().zip(wanted).enumerate() {
            let value = serde_json::to_value(run).unwrap_or_default();
            if let Some(why) = wanted.mismatch(Some(&value), self.seen.simulated) {
                return Err(End::Failed(format!("run {index} {why}")));
            }
        }
        Ok(())
    }
}
