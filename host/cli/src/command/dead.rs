//! `dormouse dead`: what nobody got to succeed.

use anstream::ColorChoice;
use dormouse::ActivationId;
use dormouse_control::api::DeadLetterView;
use dormouse_control::client::{ClientError, DeadLettersQuery};
use serde_json::json;

use super::listing::list;
use super::which;
use crate::cli::{DeadArgs, DeadCommand, DeadFilterArgs, DeadListArgs, DeadPickArgs};
use crate::control::{self, Connection, Need, found, pages};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn dead(args: &DeadArgs, color: ColorChoice) -> Result<Exit> {
    match &args.command {
        None => listed(&args.list, color),
        Some(DeadCommand::List(args)) => listed(args, color),
        Some(DeadCommand::Redrive(args)) => redrive(args, color),
        Some(DeadCommand::Discard(args)) => discard(args, color),
    }
}

fn listed(args: &DeadListArgs, color: ColorChoice) -> Result<Exit> {
    list(&args.host, args.list, color, async |host| letters(host, &args.filter).await, draw)
}

fn redrive(args: &DeadPickArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let mut page = Page::new();
        for dead in picked(host, args).await? {
            // None if somebody else dealt with it meanwhile.
            if let Some(again) = letter(host.redrive(dead).await, args.all)? {
                let line = || vec![format!("{} runs again as {}", again.dead, again.activation)];
                page.answer(args.json.json, &again, line)?;
            }
        }
        page.print(color, Exit::Success)
    })
}

fn discard(args: &DeadPickArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        let mut page = Page::new();
        for dead in picked(host, args).await? {
            if letter(host.discard(dead).await, args.all)?.is_some() {
                let gone = json!({ "event": "discarded", "activation": dead });
                page.answer(args.json.json, &gone, || vec![format!("discarded {dead}")])?;
            }
        }
        page.print(color, Exit::Success)
    })
}

/// What was answered of one of them. Of `all`, one that is gone by now is none; of one that was named, it is an error.
fn letter<T>(answer: Result<T, ClientError>, all: bool) -> Result<Option<T>> {
    if all { found(answer) } else { Ok(Some(answer?)) }
}

async fn letters(host: &Connection, filter: &DeadFilterArgs) -> Result<Vec<DeadLetterView>> {
    let registration = match &filter.registration {
        Some(which) => Some(which::registration(host, which, filter.of.app.as_ref()).await?.id),
        None => None,
    };
    pages(usize::MAX, async |limit, before| {
        let (app, limit) = (filter.of.app.clone(), Some(limit));
        host.dead_letters(&DeadLettersQuery { app, registration, limit, before }).await
    })
    .await
}

/// Those that are meant.
async fn picked(host: &Connection, args: &DeadPickArgs) -> Result<Vec<ActivationId>> {
    if args.all {
        return Ok(letters(host, &args.filter)
            .await?
            .iter()
            .map(|dead| dead.activation.activation)
            .collect());
    }
    let whole: Vec<Result<ActivationId, _>> = args.activations.iter().map(|text| text.parse()).collect();
    if whole.iter().all(Result::is_ok) {
        return Ok(whole.into_iter().filter_map(Result::ok).collect());
    }
    let known = letters(host, &args.filter).await?;
    let known: Vec<ActivationId> = known.iter().map(|dead| dead.activation.activation).collect();
    args.activations.iter().map(|text| one(&known, text)).collect()
}

/// The one of `known` whose id is `text`, or ends so.
fn one(known: &[ActivationId], text: &str) -> Result<ActivationId> {
    let meant: Vec<ActivationId> = known.iter().copied().filter(|id| which::ends(id, text)).collect();
    match (text.parse(), meant.as_slice()) {
        (Ok(id), _) => Ok(id),
        (Err(_), [one]) => Ok(*one),
        (Err(_), []) => Err(Failure::new(Exit::Usage, format!("there is no dead letter `{text}`"))
            .help("`dormouse dead list` lists them")),
        (Err(_), _) => Err(Failure::new(Exit::Usage, format!("several dead letters end with `{text}`"))
            .help("write the whole id: `dormouse dead list --json` has it")),
    }
}

fn draw(letters: &[DeadLetterView]) -> String {
    let mut sheet = Sheet::new(["ACTIVATION", "APP", "NAME", "FIRED", "ENDED", "ATTEMPTS", "OUTCOME"]);
    for DeadLetterView { name, activation } in letters {
        let outcome = activation.outcome.as_ref().map(|outcome| outcome.as_str()).unwrap_or_default();
        sheet.row([
            activation.activation.short(),
            activation.app.to_string(),
            name.clone().unwrap_or_else(|| activation.registration.short()),
            activation.fired_at.to_string(),
            activation.ended_at.map(|at| at.to_string()).unwrap_or_default(),
            activation.attempts.to_string(),
            outcome.to_owned(),
        ]);
    }
    sheet.text_or("there are no dead letters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_named_by_the_end_of_its_id_if_that_is_one_only() {
        let id = |text: &str| text.parse::<ActivationId>().expect("an id");
        let (one_id, other) =
            (id("0192d2b0-7c1e-7e4a-8a53-5f0b1a2b3c4d"), id("0192d2b0-7c1e-7e4a-8a53-000b1a2b3c4d"));
        assert_eq!(one(&[one_id], "1a2b3c4d").ok(), Some(one_id));
        assert_eq!(one(&[], &one_id.to_string()).ok(), Some(one_id), "the host says whether it is there");
        for (known, text) in [(&[one_id, other][..], "1a2b3c4d"), (&[one_id], "11111111"), (&[one_id], "x")] {
            assert_eq!(one(known, text).err().map(|failure| failure.exit()), Some(Exit::Usage), "{text}");
        }
    }
}
