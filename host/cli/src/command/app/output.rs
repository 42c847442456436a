//! `dormouse app output`.

use anstream::ColorChoice;

use crate::cli::AppOneArgs;
use crate::command::logs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, note};

pub(super) fn output(args: &AppOneArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        let written = logs::both(async |stream| host.app_output(&args.app, stream).await).await?;
        if args.json.json {
            let mut page = Page::new();
            page.json(&written)?;
            return page.print(color, Exit::Success);
        }
        if written.stdout.is_empty() && written.stderr.is_empty() {
            note("it wrote nothing since the host began, or nothing of it was kept");
        }
        logs::print_lines([(args.app.as_str(), &written)], color)
    })
}
