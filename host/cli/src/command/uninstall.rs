//! `dormouse uninstall`.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::ColorChoice;
use serde_json::json;

use crate::cli::UninstallArgs;
use crate::control::{self, Need, found};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn uninstall(args: &UninstallArgs, color: ColorChoice) -> Result<Exit> {
    let name = &args.name;
    control::with(&args.host, Need::Change, async |host| {
        if !args.yes && found(host.app(name).await)?.is_some() {
            let question = format!("remove {name} with its registrations and its local folder?");
            agree(&question, "say so with --yes")?;
        }
        host.uninstall(name).await?;
        let mut page = Page::new();
        let gone = json!({ "event": "uninstalled", "app": name });
        page.answer(args.json.json, &gone, || vec![format!("uninstalled {name}")])?;
        page.print(color, Exit::Success)
    })
}

/// Asks on a terminal; elsewhere nobody can agree.
pub(super) fn agree(question: &str, otherwise: &str) -> Result<()> {
    let refused = |what: &str| Err(Failure::new(Exit::Usage, what).help(otherwise));
    if !is_asked() {
        return refused("nobody agreed, and nobody can be asked here");
    }
    let mut err = io::stderr();
    let _ = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { refused("nobody agreed") }
}

/// Whether somebody can be asked.
pub(super) fn is_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}
