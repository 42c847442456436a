//! Whether a case makes sense.

use std::collections::BTreeSet;

use super::{Case, CaseProblem, Expect, Installed, Pattern, STEPS_MAX, Step};
use crate::hex;
use crate::programs;
use crate::protocol::{Capability, RUN_EVENTS, Registration, Trigger};

/// Time that a case may let pass where it is real, in milliseconds.
const REAL_MS_MAX: u64 = 10_000;

/// The last of the rules.
const RULES: u32 = 146;

impl Case {
    pub(super) fn check(&self) -> Result<(), CaseProblem> {
        for (name, text) in [("id", &self.id), ("title", &self.title)] {
            if text.trim().is_empty() {
                return Err(CaseProblem::Empty(name));
            }
        }
        if self.rule.is_empty() {
            return Err(CaseProblem::Empty("rule"));
        }
        if let Some(rule) = self.rule.iter().find(|rule| !is_rule(rule)) {
            return Err(CaseProblem::Rule(rule.clone()));
        }
        if let Some(program) = self.programs().into_iter().find(|program| programs::find(program).is_none()) {
            return Err(CaseProblem::Program(program));
        }
        if self.steps.len() > STEPS_MAX {
            return Err(CaseProblem::Steps(self.steps.len()));
        }
        self.check_world()?;
        for (index, step) in self.steps.iter().enumerate() {
            self.check_step(index + 1, step)?;
        }
        self.check_lives()?;
        self.check_needs()?;
        self.check_expect()
    }

    /// Of a host that is stopped nothing is asked but to wait.
    fn check_lives(&self) -> Result<(), CaseProblem> {
        let mut is_up = true;
        for (index, step) in self.steps.iter().enumerate() {
            let fits = match step {
                Step::Stop {} | Step::Crash {} => std::mem::replace(&mut is_up, false),
                Step::Start {} => !std::mem::replace(&mut is_up, true),
                Step::Advance { .. } | Step::Wait { .. } | Step::Seen { .. } => true,
                _ => is_up,
            };
            if !fits {
                return Err(CaseProblem::Lives { step: index + 1, word: step.word() });
            }
        }
        Ok(())
    }

    fn check_world(&self) -> Result<(), CaseProblem> {
        let mut apps = BTreeSet::new();
        for Installed { app, .. } in self.apps() {
            if !apps.insert(app.name.clone()) {
                return Err(CaseProblem::AppTwice(app.name));
            }
        }
        let mut handles = BTreeSet::new();
        for named in &self.registration {
            if !handles.insert(&named.handle) {
                return Err(CaseProblem::HandleTwice(named.handle.clone()));
            }
            let app = &named.registration.app;
            // One that is registered later may name an app that is not there, to be refused.
            if !named.later && !apps.contains(app) {
                return Err(CaseProblem::App { handle: named.handle.clone(), app: app.clone() });
            }
        }
        Ok(())
    }

    fn check_step(&self, number: usize, step: &Step) -> Result<(), CaseProblem> {
        let known = |handle: &str| match self.named(handle) {
            Some(_) => Ok(()),
            None => Err(CaseProblem::Handle { step: number, handle: handle.to_owned() }),
        };
        step.of().map_or(Ok(()), known)?;
        if let Some(word) = step.words().find(|(word, words)| !words.contains(word)) {
            return Err(CaseProblem::Word { step: number, word: word.0.to_owned() });
        }
        let both = |one, other| Err(CaseProblem::Both { step: number, one, other });
        match step {
            Step::Install { app, .. } if !self.apps().iter().any(|installed| installed.app.name == *app) => {
                Err(CaseProblem::NoApp { step: number, app: app.clone() })
            }
            Step::Wait { event, .. } | Step::Seen { event, .. } => event.of.as_deref().map_or(Ok(()), known),
            Step::Register { same_as: Some(other), refused, .. } => {
                if refused.is_some() {
                    return both("same_as", "refused");
                }
                known(other)
            }
            Step::Signal { results, .. } => results.keys().try_for_each(|handle| known(handle)),
            Step::List { registrations, .. } => registrations.keys().try_for_each(|handle| known(handle)),
            Step::Fire { arguments: Some(_), arguments_hex: Some(_), .. } => {
                both("arguments", "arguments_hex")
            }
            Step::Fire { result: Some(_), refused: Some(_), .. } => both("result", "refused"),
            Step::Fire { arguments_hex: Some(text), .. } if hex::decode(text).is_none() => {
                Err(CaseProblem::Hex { step: number, text: text.chars().take(64).collect() })
            }
            _ => Ok(()),
        }
    }

    fn check_needs(&self) -> Result<(), CaseProblem> {
        let needs = |what: &str, need| {
            if self.needs.contains(&need) {
                return Ok(());
            }
            Err(CaseProblem::Needs { what: what.to_owned(), need })
        };
        for step in &self.steps {
            if let Some(need) = step.needs() {
                needs(&format!("the step `{}`", step.word()), need)?;
            }
        }
        if self.steps.contains(&Step::Start {}) && !self.needs.contains(&Capability::Crash) {
            needs("the step `start`", Capability::Restart)?;
        }
        if !self.apps().is_empty() {
            needs("an app", Capability::Tasks)?;
        }
        for Installed { app, .. } in self.apps() {
            if app.quota.is_some() {
                needs("a quota", Capability::Quota)?;
            }
            if !app.directories.is_empty() {
                needs("a directory", Capability::Files)?;
            }
        }
        for named in &self.registration {
            for (what, need) in of_registration(&named.registration) {
                needs(what, need)?;
            }
        }
        let within = self.patterns().find(|pattern| RUN_EVENTS.contains(&pattern.event.as_str()));
        if let Some(pattern) = within {
            needs(&format!("the event `{}`", pattern.event), Capability::RunEvents)?;
        }
        if self.expect.run.iter().any(|run| run.stdout.is_some() || run.stderr.is_some()) {
            needs("what a run wrote", Capability::RunEvents)?;
        }
        let passed = self.steps.iter().map(|step| if let Step::Advance { ms } = step { *ms } else { 0 });
        if passed.fold(0, u64::saturating_add) > REAL_MS_MAX {
            needs("letting more than ten seconds pass", Capability::SimClock)?;
        }
        Ok(())
    }

    /// All that the case looks for, in its steps and in the end.
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let of_steps = self.steps.iter().filter_map(|step| match step {
            Step::Wait { event, .. } | Step::Seen { event, .. } => Some(event),
            _ => None,
        });
        let Expect { order, never, count, .. } = &self.expect;
        let counted = count.iter().map(|counted| &counted.pattern);
        of_steps.chain(order.iter().flatten()).chain(never).chain(counted)
    }

    fn check_expect(&self) -> Result<(), CaseProblem> {
        let handles = self.patterns().filter_map(|pattern| pattern.of.as_ref());
        match handles.chain(self.expect.run.iter().map(|run| &run.of)).find(|of| self.named(of).is_none()) {
            Some(handle) => Err(CaseProblem::ExpectHandle(handle.clone())),
            None => Ok(()),
        }
    }
}

fn of_registration(registration: &Registration) -> impl Iterator<Item = (&'static str, Capability)> {
    let trigger = registration.trigger.as_ref().and_then(|trigger| match trigger {
        Trigger::Application {} => None,
        Trigger::Time { .. } | Trigger::Cron { .. } => Some(("a time trigger", Capability::Timers)),
        Trigger::Maintenance { .. } => Some(("a maintenance trigger", Capability::Timers)),
        Trigger::System { .. } => Some(("a system trigger", Capability::Machine)),
        Trigger::Signal { .. } | Trigger::Message { .. } => {
            Some(("a signal or message trigger", Capability::Signals))
        }
    });
    let conditions = (!registration.conditions.is_empty()).then_some(("a condition", Capability::Machine));
    let retry = registration.retry.map(|_| ("a retry", Capability::Retry));
    [trigger, conditions, retry].into_iter().flatten()
}

/// `UWP-001` to `UWP-146`; `HOST-` and a word for what hosts promise beyond UWP.
fn is_rule(text: &str) -> bool {
    if let Some(word) = text.strip_prefix("HOST-") {
        return !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    }
    let digits = text.strip_prefix("UWP-").filter(|digits| digits.len() == 3);
    digits.and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|n| (1..=RULES).contains(&n))
}
