//! `dormouse access`.

use anstream::ColorChoice;

use crate::cli::AccessArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn access(args: &AccessArgs, color: ColorChoice) -> Result<Exit> {
    let need = if args.status.is_some() { Need::Change } else { Need::Look };
    control::with(&args.host, need, async |host| {
        let known = match args.status {
            Some(access) => host.set_access(&args.app, access).await?,
            None => host.access(&args.app).await?,
        };
        let mut page = Page::new();
        page.answer(args.json.json, &known, || {
            let mut lines = vec![format!("{}: {}", known.app, known.access)];
            if let Some(refusal) = &known.refusal {
                lines.push(format!("  its firings start nothing: {refusal}"));
            }
            if !known.installed {
                lines.push("  no package of this name is installed: it holds once one is".to_owned());
            }
            lines
        })?;
        page.print(color, Exit::Success)
    })
}
