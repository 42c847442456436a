//! `dormouse triggers`.

use anstream::ColorChoice;

use crate::cli::TriggersArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn triggers(args: &TriggersArgs, color: ColorChoice) -> Result<Exit> {
    let all = control::with(&args.host, Need::Look, async |host| Ok(host.triggers().await?.items))?;
    let mut page = Page::new();
    if args.json.json {
        all.iter().try_for_each(|trigger| page.json(trigger))?;
        return page.print(color, Exit::Success);
    }
    let mut sheet = Sheet::new(["UWP", "FAMILY", "HERE", "KIND", "WRITTEN", "NOTE"]);
    for trigger in all {
        sheet.row([
            trigger.uwp.unwrap_or_else(|| "-".to_owned()),
            trigger.family,
            trigger.here,
            trigger.kind.map(|kind| kind.to_string()).unwrap_or_default(),
            trigger.written.unwrap_or_default(),
            trigger.note,
        ]);
    }
    page.line(sheet.text());
    page.print(color, Exit::Success)
}
