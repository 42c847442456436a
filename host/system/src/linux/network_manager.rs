//! NetworkManager: whether the internet can be reached, and at what cost.

use zbus::Connection;

use super::service::{Heard, Properties, Service, Unreadable};
use crate::answers::Facts;
use crate::network::{Connectivity, Managed, Manager, Metered};
use crate::report::Source;

pub(crate) struct NetworkManager;

impl Service for NetworkManager {
    type Reading = Manager;

    const NAME: &'static str = "org.freedesktop.NetworkManager";
    const SOURCE: Source = Source::NetworkManager;
    const SIGNALS: &'static [&'static str] =
        &["member='PropertiesChanged',path='/org/freedesktop/NetworkManager'"];

    async fn read(bus: &Connection) -> Result<Manager, Unreadable> {
        let properties =
            Properties::read(bus, Self::NAME, "/org/freedesktop/NetworkManager", Self::NAME).await?;
        // Versions that do not have one of them do not know it.
        let connectivity = properties.get("Connectivity").map_or(Connectivity::Unknown, u32::into);
        let metered = properties.get("Metered").map_or(Metered::Unknown, u32::into);
        Ok(Manager { connectivity, metered })
    }

    fn put(facts: &mut Facts, heard: Heard<Manager>) {
        facts.network.manager = match heard {
            Heard::Said(manager) => Managed::By(manager),
            Heard::Nothing => Managed::Away,
            Heard::Nobody => facts.network.manager.without(),
        };
    }
}
