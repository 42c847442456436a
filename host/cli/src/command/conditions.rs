//! `dormouse conditions`.

use anstream::ColorChoice;

use crate::cli::ConditionsArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};

pub(crate) fn conditions(args: &ConditionsArgs, color: ColorChoice) -> Result<Exit> {
    let asked: Vec<String> = args.conditions.iter().map(ToString::to_string).collect();
    let all = control::with(&args.host, Need::Judge, async |host| Ok(host.conditions(&asked).await?.items))?;
    let mut page = Page::new();
    if args.json.json {
        all.iter().try_for_each(|condition| page.json(condition))?;
        return page.print(color, Exit::Success);
    }
    let mut sheet = Sheet::new(["CONDITION", "NOW", "HOLDS WHILE"]);
    for condition in all {
        let now = condition.holds.map(|holds| holds.to_string()).unwrap_or_default();
        let why = condition.why.map(|why| format!(" ({why})")).unwrap_or_default();
        sheet.row([condition.condition, now, format!("{}{why}", condition.means)]);
    }
    page.line(sheet.text());
    page.print(color, Exit::Success)
}
