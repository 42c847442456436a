//! `dormouse subscribers`: who reads completions.

use anstream::ColorChoice;
use dormouse_control::api::SubscriberView;
use serde_json::json;

use super::listing::list;
use crate::cli::{NamedArgs, SubscribersArgs, SubscribersCommand, SubscribersListArgs};
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn subscribers(args: &SubscribersArgs, color: ColorChoice) -> Result<Exit> {
    match &args.command {
        None => listed(&args.list, color),
        Some(SubscribersCommand::List(args)) => listed(args, color),
        Some(SubscribersCommand::Forget(args)) => forget(args, color),
    }
}

fn listed(args: &SubscribersListArgs, color: ColorChoice) -> Result<Exit> {
    list(&args.host, args.list, color, async |host| Ok(host.subscribers().await?.items), draw)
}

fn draw(subscribers: &[SubscriberView]) -> String {
    let mut sheet = Sheet::new(["NAME", "READ UP TO", "BEHIND BY AT MOST"]);
    for subscriber in subscribers {
        let behind = subscriber.head.0.saturating_sub(subscriber.cursor.0);
        sheet.row([subscriber.name.clone(), subscriber.cursor.0.to_string(), behind.to_string()]);
    }
    sheet.text_or("nobody reads completions")
}

fn forget(args: &NamedArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        host.remove_subscriber(&args.name).await?;
        let mut page = Page::new();
        let gone = json!({ "event": "forgotten", "subscriber": args.name });
        page.answer(args.json.json, &gone, || vec![format!("forgot {:?}", args.name)])?;
        page.print(color, Exit::Success)
    })
}
