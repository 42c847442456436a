//! `dormouse app output`.

use anstream::ColorChoice;
use dormouse::core::event::Stream;
use dormouse_control::api::OutputView;

use crate::cli::AppOneArgs;
use crate::command::logs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, note};

pub(super) fn output(args: &AppOneArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Daemon, async |host| {
        // Each stream on its own: both together, as JSON, may be more than is read of one answer.
        let text = async |stream| -> Result<String> {
            let bytes = host.app_output(&args.app, stream).await?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let written = OutputView { stdout: text(Stream::Stdout).await?, stderr: text(Stream::Stderr).await? };
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
