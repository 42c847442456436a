//! `dormouse release`.

use anstream::ColorChoice;

use super::which;
use crate::cli::ReleaseArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Page;

pub(crate) fn release(args: &ReleaseArgs, color: ColorChoice) -> Result<Exit> {
    control::with(&args.host, Need::Change, async |host| {
        let known = which::find(host, &args.which).await?;
        let released = host.release(known.id).await?;
        let mut page = Page::new();
        page.answer(args.json.json, &released, || {
            let name = format!("{:?} of {}", known.name, known.app);
            vec![if released.released {
                format!("released {name}: it runs again")
            } else {
                format!("{name} was not in quarantine")
            }]
        })?;
        page.print(color, Exit::Success)
    })
}
