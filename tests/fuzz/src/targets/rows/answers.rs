//! What a store answers to every question that there is.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use dormouse_core::store::exercise::fixture::{activation, app, at, registration, run};
use dormouse_core::store::{DeadLetterFilter, RunFilter, Store};
use dormouse_core::{Cursor, StoreError};

use super::filled::{ACTIVATIONS, SETTING};
use crate::answer::Wrong;

/// The most that a list has.
const LIST: usize = 100;

/// Answers by question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers(BTreeMap<String, Answered>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Answered {
    /// The tables that the question is about.
    of: &'static [&'static str],
    /// What was answered, or what is corrupt.
    said: Result<String, String>,
}

impl Answers {
    /// Asks `store` for all there is.
    ///
    /// # Errors
    ///
    /// It failed, and not because something is corrupt; or what it answered cannot be shown.
    pub(super) async fn of(store: &Arc<dyn Store>) -> Result<Self, Wrong> {
        let mut all = Self::default();
        let names = [SETTING.to_owned()];
        all.note("apps", &["app"], store.apps().await)?;
        all.note("registrations", &["registration"], store.registrations().await)?;
        all.note("refusals", &["refusal"], store.refusals(registration(1)).await)?;
        all.note("pending", &["activation", "details"], store.pending(at(10_000), None, LIST).await)?;
        all.note("next backoff", &["activation"], store.next_backoff(at(0)).await)?;
        for n in 1..=ACTIVATIONS {
            let of: &[_] = &["activation", "details", "coalesced_key"];
            let found = store.activation(activation(n)).await;
            if let Ok(Some(found)) = &found {
                whole(found)?;
            }
            all.note(format!("activation {n}"), of, found)?;
            let completion = store.completion(activation(n)).await;
            all.note(format!("completion {n}"), &["activation", "details", "run", "output"], completion)?;
            all.note(format!("output {n}"), &["run", "output"], store.output(run(n)).await)?;
        }
        all.note("waiting", &["activation", "details"], store.waiting(registration(1), LIST).await)?;
        all.note("counts", &["activation", "run"], store.counts(registration(1)).await)?;
        let completions = store.completions(Cursor(0), LIST).await;
        all.note("completions", &["activation", "details", "run", "pruned"], completions)?;
        all.note("head", &["run", "pruned"], store.head().await)?;
        all.note("floor", &["run", "pruned"], store.floor().await)?;
        all.note("cursor", &["subscriber"], store.cursor("reader").await)?;
        all.note("subscribers", &["subscriber"], store.subscribers().await)?;
        all.note("runs", &["run"], store.runs(RunFilter::default(), LIST).await)?;
        let dead = store.dead_letters(DeadLetterFilter::default(), LIST).await;
        all.note("dead letters", &["activation", "details", "run"], dead)?;
        all.note("totals", &["activation", "registration", "run", "pruned"], store.totals().await)?;
        all.note("webhooks", &["webhook"], store.webhooks().await)?;
        all.note("undelivered", &["undelivered"], store.undelivered("hook", LIST).await)?;
        all.note("quotas", &["quota"], store.quotas().await)?;
        all.note("setting names", &["setting"], store.setting_names(&app(), 0, LIST).await)?;
        all.note("settings", &["setting"], store.settings(&app(), &names).await)?;
        Ok(all)
    }

    fn note(
        &mut self,
        question: impl Into<String>,
        of: &'static [&'static str],
        answer: Result<impl Debug, StoreError>,
    ) -> Result<(), Wrong> {
        let question = question.into();
        let said = match answer {
            Ok(answer) => Ok(format!("{answer:?}")),
            Err(StoreError::Corrupt(why)) => Err(why),
            Err(other) => return Err(Wrong(format!("{question}: {other:?}"))),
        };
        self.0.insert(question, Answered { of, said });
        Ok(())
    }

    /// What is corrupt, a line each.
    pub(super) fn corrupt(&self) -> Vec<String> {
        let corrupt = |(question, answered): (&String, &Answered)| {
            answered.said.as_ref().err().map(|why| format!("{question}: {why}"))
        };
        self.0.iter().filter_map(corrupt).collect()
    }

    /// The first question that is answered another way than `before`, though it is not about `table`.
    pub(super) fn strange(&self, before: &Self, table: Option<&str>) -> Option<String> {
        self.0.iter().find_map(|(question, answered)| {
            let about = table.is_some_and(|table| answered.of.contains(&table));
            let was = before.0.get(question);
            (!about && was != Some(answered)).then(|| {
                format!(
                    "{question} was answered {was:?}, and is answered {answered:?} with a change of {table:?}"
                )
            })
        })
    }
}

/// That it can be shown, and be kept again.
fn whole(value: &(impl Debug + serde::Serialize)) -> Result<(), Wrong> {
    serde_json::to_string(value).map(drop).map_err(|error| Wrong(format!("{value:?}: {error}")))
}
