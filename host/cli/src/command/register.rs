//! `dormouse register`.

mod request;

use anstream::ColorChoice;
use dormouse_control::api::ContradictionView;

use self::request::request;
use crate::cli::RegisterArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn register(args: &RegisterArgs, color: ColorChoice) -> Result<Exit> {
    let request = request(args)?;
    let mut page = Page::new();
    if args.validate {
        // Without a host that runs, one is needed that knows what its packages have.
        let tried =
            control::with(&args.host, Need::Change, async |host| Ok(host.validate(&request).await?))?;
        page.answer(args.json.json, &tried, || {
            let mut lines = vec![format!("{:?} of {} could be registered", args.name, args.app)];
            lines.extend(tried.contradictions.iter().map(never));
            lines
        })?;
        return page.print(color, Exit::Success);
    }
    let made = control::with(&args.host, Need::Change, async |host| Ok(host.register(&request).await?))?;
    page.answer(args.json.json, &made, || {
        let mut lines = vec![format!("registered {:?} of {}: {}", args.name, args.app, made.id)];
        if let Some(refusal) = made.access.refusal() {
            lines.push(format!("warning: its firings start nothing: {refusal}"));
        }
        lines.extend(made.contradictions.iter().map(never));
        lines
    })?;
    page.print(color, Exit::Success)
}

/// What is to be said of conditions that contradict each other (UWP-064).
pub(super) fn never(found: &ContradictionView) -> String {
    let [one, other] = &found.conditions;
    format!("warning: {:?} never starts: {one} and {other} never hold together", found.registration)
}
