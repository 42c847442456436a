//! `dormouse list`.

use anstream::ColorChoice;
use serde_json::json;

use crate::cli::ListArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::host;
use crate::output::{Page, Sheet};

/// As much of a digest as tells two packages apart.
const DIGEST_LEN: usize = 12;

pub(crate) fn list(args: &ListArgs, color: ColorChoice) -> Result<Exit> {
    let packages = host::idle(&args.home, false, async |host| Ok(host.packages()))?;
    let mut page = Page::new();
    if args.json.json {
        for package in packages {
            page.json(&json!({
                "app": package.app,
                "version": package.version,
                "digest": package.digest,
                "access": package.access,
                "granted": package.granted,
                "registrations": package.registrations,
                "loaded": package.loaded,
            }))?;
        }
        return page.print(color, Exit::Success);
    }
    let mut sheet = Sheet::new(["NAME", "VERSION", "ACCESS", "REGISTRATIONS", "DIGEST", ""]);
    for package in packages {
        let digest = package.digest.get(..DIGEST_LEN).unwrap_or(&package.digest).to_owned();
        let damaged = if package.loaded { "" } else { "cannot be loaded: install it again" };
        let registrations = package.registrations.to_string();
        sheet.row([
            package.app.to_string(),
            package.version,
            package.access.to_string(),
            registrations,
            digest,
            damaged.to_owned(),
        ]);
    }
    page.line(if sheet.is_empty() { "no packages are installed".to_owned() } else { sheet.text() });
    page.print(color, Exit::Success)
}
