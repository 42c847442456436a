//! `dormouse completions`.

use anstream::ColorChoice;
use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn completions(args: &CompletionsArgs, color: ColorChoice) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Failure::internal("the completions are no text").because(&error))?;
    let mut page = Page::new();
    page.line(script.trim_end());
    page.print(color, Exit::Success)
}
