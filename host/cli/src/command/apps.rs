//! `dormouse apps`.

use anstream::ColorChoice;
use dormouse_control::api::AppView;

use super::listing::list;
use crate::cli::AppsArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Sheet;

/// As much of a digest as tells two packages apart.
const DIGEST_LEN: usize = 12;

pub(crate) fn apps(args: &AppsArgs, color: ColorChoice) -> Result<Exit> {
    list(&args.host, args.list, color, async |host| Ok(host.apps().await?.items), draw)
}

fn draw(apps: &[AppView]) -> String {
    let mut sheet = Sheet::new(["NAME", "VERSION", "ACCESS", "STATE", "REGISTRATIONS", "DIGEST", ""]);
    for app in apps {
        let damaged = if app.loaded { "" } else { "cannot be loaded: install it again" };
        sheet.row([
            app.app.to_string(),
            app.version.clone(),
            app.access.to_string(),
            // Tasks alone have none.
            app.life.as_ref().map(|life| life.state.as_str().to_owned()).unwrap_or_default(),
            app.registrations.to_string(),
            app.digest.get(..DIGEST_LEN).unwrap_or(&app.digest).to_owned(),
            damaged.to_owned(),
        ]);
    }
    sheet.text_or("no packages are installed")
}
