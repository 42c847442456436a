//! `dormouse access`.

use anstream::ColorChoice;
use serde_json::json;

use crate::cli::AccessArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host::{self, host_failed};
use crate::output::Page;

pub(crate) fn access(args: &AccessArgs, color: ColorChoice) -> Result<Exit> {
    let (access, installed) = host::idle(&args.home, false, async |host| {
        if let Some(status) = args.status {
            host.set_access(&args.app, status).await.map_err(|e| host_failed(&e))?;
        }
        let installed = host.packages().iter().any(|package| package.app == args.app);
        Ok((host.access_status(&args.app), installed))
    })?;
    let mut page = Page::new();
    if args.json.json {
        page.json(&json!({ "app": args.app, "access": access, "installed": installed }))?;
        return page.print(color, Exit::Success);
    }
    page.line(format!("{}: {access}", args.app));
    if let Some(refusal) = access.refusal() {
        page.line(format!("  its firings start nothing: {refusal}"));
    }
    if !installed {
        page.line("  no package of this name is installed: it holds once one is");
    }
    page.print(color, Exit::Success)
}
