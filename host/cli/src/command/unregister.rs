//! `dormouse unregister`.

use anstream::ColorChoice;
use serde_json::json;

use super::which;
use crate::cli::UnregisterArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host::{self, host_failed};
use crate::output::Page;

pub(crate) fn unregister(args: &UnregisterArgs, color: ColorChoice) -> Result<Exit> {
    let gone = host::idle(&args.home, false, async |host| {
        let registration = which::find(host, &args.which)?;
        // Nothing of it runs: this process has the state directory.
        host.unregister(registration.id, false).await.map_err(|e| host_failed(&e))?;
        Ok(registration)
    })?;
    let mut page = Page::new();
    if args.json.json {
        page.json(&json!({ "event": "unregistered", "id": gone.id, "app": gone.app, "name": gone.name }))?;
    } else {
        page.line(format!("unregistered {:?} of {}: {}", gone.name, gone.app, gone.id));
    }
    page.print(color, Exit::Success)
}
