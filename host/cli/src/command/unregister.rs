//! `dormouse unregister`.

use anstream::ColorChoice;

use super::which;
use crate::cli::UnregisterArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn unregister(args: &UnregisterArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        let known = which::find(host, &args.which).await?;
        let gone = host.unregister(known.id, args.cancel).await?;
        let mut page = Page::new();
        page.answer(args.json.json, &gone, || {
            vec![format!("unregistered {:?} of {}: {}", known.name, known.app, gone.id)]
        })?;
        page.print(color, Exit::Success)
    })
}
