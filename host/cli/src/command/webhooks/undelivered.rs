//! What a webhook could not deliver.

use anstream::ColorChoice;
use dormouse::core::Cursor;
use dormouse_control::api::{LIST_LIMIT_MAX, UndeliveredView};
use serde_json::json;

use crate::cli::{RedeliverArgs, UndeliveredArgs};
use crate::command::listing::list;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(super) fn undelivered(args: &UndeliveredArgs, color: ColorChoice) -> Result<Exit> {
    let fetch = async |host: &control::Connection| {
        Ok(host.undelivered(&args.name, Some(LIST_LIMIT_MAX)).await?.items)
    };
    list(&args.host, args.list, color, fetch, draw)
}

fn draw(all: &[UndeliveredView]) -> String {
    let mut sheet = Sheet::new(["CURSOR", "ACTIVATION", "GIVEN UP", "ATTEMPTS", "ERROR"]);
    for undelivered in all {
        sheet.row([
            undelivered.cursor.0.to_string(),
            undelivered.activation.short(),
            undelivered.at.to_string(),
            undelivered.attempts.to_string(),
            undelivered.error.clone(),
        ]);
    }
    sheet.text_or("all was delivered")
}

pub(super) fn redeliver(args: &RedeliverArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let cursors: Vec<Cursor> = if args.all {
            let all = host.undelivered(&args.name, Some(LIST_LIMIT_MAX)).await?.items;
            all.iter().map(|undelivered| undelivered.cursor).collect()
        } else {
            args.cursors.iter().copied().map(Cursor).collect()
        };
        let mut page = Page::new();
        for cursor in cursors {
            host.redeliver(&args.name, cursor).await?;
            let delivered = json!({ "event": "delivered", "webhook": args.name, "cursor": cursor });
            page.answer(args.json.json, &delivered, || {
                vec![format!("delivered {} to {}", cursor.0, args.name)]
            })?;
        }
        page.print(color, Exit::Success)
    })
}
