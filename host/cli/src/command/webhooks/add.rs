//! A webhook is made.

use std::fs;

use anstream::ColorChoice;
use dormouse_control::api::WebhookRequest;

use crate::cli::WebhookAddArgs;
use crate::command::which;
use crate::control::{self, Need};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::Page;

pub(super) fn add(args: &WebhookAddArgs, color: ColorChoice) -> Result<Exit> {
    let secret = secret(args)?;
    control::with(&args.host, Need::Change, async |host| {
        let registration = match &args.registration {
            Some(which) => Some(which::registration(host, which, args.app.as_ref()).await?.id),
            None => None,
        };
        let request = WebhookRequest { url: args.url.clone(), secret, app: args.app.clone(), registration };
        let made = host.save_webhook(&args.name, &request).await?;
        let mut page = Page::new();
        page.answer(args.json.json, &made, || {
            let mut lines = vec![format!("{:?} is told at {}", made.webhook.name, made.webhook.url)];
            if let Some(secret) = &made.secret {
                lines.push(format!("  secret  {secret}"));
                lines.push("  it is shown this once: give it to what receives the messages".to_owned());
            }
            lines
        })?;
        page.print(color, Exit::Success)
    })
}

/// The secret that somebody brings along. It stands in a file, and not where other users see command lines.
fn secret(args: &WebhookAddArgs) -> Result<Option<String>> {
    let Some(file) = &args.secret_file else { return Ok(None) };
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::new(Exit::Usage, format!("--secret-file: `{}` cannot be read", file.display()))
            .because(&error)
            .help("name a file that you may read")
    })?;
    Ok(Some(text.trim().to_owned()))
}
