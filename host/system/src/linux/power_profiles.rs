//! power-profiles-daemon, under either of its names: whether energy is to be saved.

use zbus::Connection;

use super::service::{Heard, Properties, Service, Unreadable};
use crate::answers::Facts;
use crate::report::Source;

pub(crate) struct PowerProfiles;

impl Service for PowerProfiles {
    type Reading = bool;

    const NAME: &'static str = "org.freedesktop.UPower.PowerProfiles";
    const SOURCE: Source = Source::PowerProfiles;
    const SIGNALS: &'static [&'static str] =
        &["member='PropertiesChanged',path='/org/freedesktop/UPower/PowerProfiles'"];

    async fn read(bus: &Connection) -> Result<bool, Unreadable> {
        saving(bus, Self::NAME, "/org/freedesktop/UPower/PowerProfiles").await
    }

    fn put(facts: &mut Facts, heard: Heard<bool>) {
        facts.power.saving = heard.said();
    }
}

/// As it was called before it became a part of UPower.
pub(crate) struct Hadess;

impl Service for Hadess {
    type Reading = bool;

    const NAME: &'static str = "net.hadess.PowerProfiles";
    const SOURCE: Source = Source::PowerProfilesHadess;
    const SIGNALS: &'static [&'static str] = &["member='PropertiesChanged',path='/net/hadess/PowerProfiles'"];

    async fn read(bus: &Connection) -> Result<bool, Unreadable> {
        saving(bus, Self::NAME, "/net/hadess/PowerProfiles").await
    }

    fn put(facts: &mut Facts, heard: Heard<bool>) {
        facts.power.saving_hadess = heard.said();
    }
}

async fn saving(bus: &Connection, name: &'static str, path: &str) -> Result<bool, Unreadable> {
    let properties = Properties::read(bus, name, path, name).await?;
    Ok(properties.get::<String>("ActiveProfile")? == "power-saver")
}
