//! `dormouse triggers`.

use anstream::ColorChoice;
use dormouse::core::trigger::catalog::{CATALOG, Entry, Here};
use serde_json::json;

use crate::cli::TriggersArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn triggers(args: &TriggersArgs, color: ColorChoice) -> Result<Exit> {
    let mut page = Page::new();
    if args.json.json {
        for Entry { uwp, family, here } in CATALOG {
            page.json(&json!({
                "uwp": uwp,
                "family": family,
                "here": here.as_str(),
                "kind": here.kind(),
                "written": here.written(),
                "note": note(here),
            }))?;
        }
        return page.print(color, Exit::Success);
    }
    let mut sheet = Sheet::new(["UWP", "FAMILY", "HERE", "KIND", "WRITTEN", "NOTE"]);
    for Entry { uwp, family, here } in CATALOG {
        sheet.row([
            uwp.unwrap_or("-").to_owned(),
            family.to_owned(),
            here.as_str().to_owned(),
            here.kind().map(|kind| kind.to_string()).unwrap_or_default(),
            here.written().unwrap_or_default(),
            note(here),
        ]);
    }
    page.line(sheet.text());
    page.print(color, Exit::Success)
}

fn note(here: Here) -> String {
    match here {
        Here::Built { .. } | Here::Event(_) => String::new(),
        Here::Supplied { by, .. } => format!("raised by {by}"),
        Here::Refused { reason, instead } => format!("{reason}; use {instead}"),
    }
}
