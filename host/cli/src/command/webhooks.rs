//! `dormouse webhooks`: who is told of completions over HTTP.

mod add;
mod undelivered;

use anstream::ColorChoice;
use dormouse_control::api::{FailingView, WebhookView};
use serde_json::json;

use super::listing::list;
use crate::cli::{NamedArgs, WebhooksArgs, WebhooksCommand, WebhooksListArgs};
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn webhooks(args: &WebhooksArgs, color: ColorChoice) -> Result<Exit> {
    match &args.command {
        None => listed(&args.list, color),
        Some(WebhooksCommand::List(args)) => listed(args, color),
        Some(WebhooksCommand::Add(args)) => add::add(args, color),
        Some(WebhooksCommand::Remove(args)) => remove(args, color),
        Some(WebhooksCommand::Test(args)) => test(args, color),
        Some(WebhooksCommand::Undelivered(args)) => undelivered::undelivered(args, color),
        Some(WebhooksCommand::Redeliver(args)) => undelivered::redeliver(args, color),
    }
}

fn listed(args: &WebhooksListArgs, color: ColorChoice) -> Result<Exit> {
    list(&args.host, args.list, color, async |host| Ok(host.webhooks().await?.items), draw)
}

fn draw(webhooks: &[WebhookView]) -> String {
    let mut sheet = Sheet::new([
        "NAME",
        "URL",
        "OF APP",
        "OF REGISTRATION",
        "DELIVERED",
        "GIVEN UP",
        "BEHIND BY AT MOST",
        "FAILING",
    ]);
    for webhook in webhooks {
        sheet.row([
            webhook.name.clone(),
            webhook.url.clone(),
            webhook.app.as_ref().map(ToString::to_string).unwrap_or_default(),
            webhook.registration.map(|id| id.short()).unwrap_or_default(),
            webhook.delivered.to_string(),
            webhook.given_up.to_string(),
            webhook.lag.to_string(),
            webhook.failing.as_ref().map(failing).unwrap_or_default(),
        ]);
    }
    sheet.text_or("nobody is told")
}

fn failing(failing: &FailingView) -> String {
    format!("{} attempts, again at {}: {}", failing.attempts, failing.next_at, failing.error)
}

fn remove(args: &NamedArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        host.remove_webhook(&args.name).await?;
        let mut page = Page::new();
        let gone = json!({ "event": "removed", "webhook": args.name });
        page.answer(args.json.json, &gone, || vec![format!("removed {:?}", args.name)])?;
        page.print(color, Exit::Success)
    })
}

fn test(args: &NamedArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        host.test_webhook(&args.name).await?;
        let mut page = Page::new();
        let delivered = json!({ "event": "delivered", "webhook": args.name });
        page.answer(args.json.json, &delivered, || vec![format!("{:?} took the message", args.name)])?;
        page.print(color, Exit::Success)
    })
}
