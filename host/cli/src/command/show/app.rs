//! An app in full: what it was granted, what it keeps, what it spends.

use dormouse_control::api::{AppUsageView, AppView, FoldersView};
use serde::Serialize;

use crate::command::app::kinds;
use crate::command::details::Details;
use crate::command::quota::left;
use crate::control::{Connection, found};
use crate::error::Result;
use crate::output::escape::escape;
use crate::output::{Page, size};

/// An app with all that is known of it.
#[derive(Serialize)]
struct Shown<'a> {
    package: &'a AppView,
    /// None if it cannot be loaded.
    usage: Option<&'a AppUsageView>,
}

pub(super) async fn page(host: &Connection, package: &AppView, json: bool) -> Result<Page> {
    let usage = found(host.usage(&package.app).await)?;
    let mut page = Page::new();
    if json {
        page.json(&Shown { package, usage: usage.as_ref() })?;
        return Ok(page);
    }
    page.line(escape(&format!("{} {}", package.app, package.version)));
    let mut details = Details::new();
    granted(package, &mut details);
    if let Some(life) = &package.life {
        details.row("app state", life.state.as_str());
        details.row("activations", kinds(&life.activations));
    }
    details.row("registered", format!("{} registrations", package.registrations));
    match &usage {
        Some(usage) => used(usage, &mut details),
        None => details.row("damaged", "it cannot be loaded: install it again"),
    }
    details.onto(&mut page);
    Ok(page)
}

/// What it is, and was given.
fn granted(package: &AppView, details: &mut Details) {
    details.row("digest", package.digest.clone());
    details.row("access", package.access.to_string());
    for (guest, directory) in &package.granted.directories {
        let how = if directory.read_write { "read-write" } else { "read-only" };
        details.row("directory", format!("{guest} is {}, {how}", directory.path));
    }
    for host in &package.granted.network {
        details.row("network", host.clone());
    }
    for address in &package.granted.listen {
        details.row("listen", address.to_string());
    }
    for name in &package.granted.env {
        details.row("env", name.clone());
    }
}

/// What it keeps and spends.
fn used(usage: &AppUsageView, details: &mut Details) {
    details.row("runs", format!("{} go on, {} are kept", usage.running, usage.runs));
    details.row("quota", usage.quota.as_ref().map_or_else(|| "none".to_owned(), left));
    let limits = &usage.limits;
    let (bytes, entries) =
        (limits.folder_bytes.unwrap_or_default(), limits.folder_entries.unwrap_or_default());
    details.row(
        "folders",
        match usage.folders {
            FoldersView::Nowhere => "none".to_owned(),
            FoldersView::Counted { bytes: has, entries: with } => {
                format!("{} of {}, {with} of {entries} entries", size(has), size(bytes))
            }
            FoldersView::TooMany => format!("more than {entries} entries: it may keep no more"),
        },
    );
    let (bytes, settings) = (limits.settings_bytes.unwrap_or_default(), limits.settings.unwrap_or_default());
    let all = format!("{} of {settings}", usage.settings);
    details.row("settings", format!("{all}, {} of {}", size(usage.settings_bytes), size(bytes)));
}
