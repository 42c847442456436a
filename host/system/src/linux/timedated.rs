//! systemd-timedated: the name of the zone that local time is in.

use zbus::Connection;

use super::service::{Heard, Properties, Service, Unreadable};
use crate::answers::Facts;
use crate::report::Source;

/// The longest name of a zone has less than forty.
const NAME_BYTES_MAX: usize = 255;

pub(crate) struct Timedated;

impl Service for Timedated {
    type Reading = Option<String>;

    const NAME: &'static str = "org.freedesktop.timedate1";
    const SOURCE: Source = Source::Timedated;
    const SIGNALS: &'static [&'static str] =
        &["member='PropertiesChanged',path='/org/freedesktop/timedate1'"];

    async fn read(bus: &Connection) -> Result<Option<String>, Unreadable> {
        let properties = Properties::read(bus, Self::NAME, "/org/freedesktop/timedate1", Self::NAME).await?;
        let zone: String = properties.get("Timezone")?;
        if zone.len() > NAME_BYTES_MAX {
            let what = "bytes in the name of its zone";
            return Err(Unreadable::TooMany { what, found: zone.len(), most: NAME_BYTES_MAX });
        }
        // It has no name for a file that is no link to a zone.
        Ok(Some(zone).filter(|zone| !zone.is_empty()))
    }

    fn put(facts: &mut Facts, heard: Heard<Option<String>>) {
        // Who follows the file reads it again after each notice, whether or not timedated stayed to be asked.
        facts.told.send_if_modified(|told| {
            let was_there = std::mem::replace(&mut told.there, !matches!(heard, Heard::Nobody));
            if let Heard::Said(zone) = heard {
                told.zone = zone;
            }
            was_there || told.there
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether that was a notice, and the zone that holds after it.
    fn put(facts: &mut Facts, heard: Heard<Option<String>>) -> (bool, Option<String>) {
        let mut told = facts.told.subscribe();
        Timedated::put(facts, heard);
        (told.has_changed().unwrap(), told.borrow_and_update().zone.clone())
    }

    #[test]
    fn a_zone_is_remembered_while_timedated_is_away_and_its_absence_is_no_notice() {
        let mut facts = Facts::default();
        let berlin = Some("Europe/Berlin".to_owned());
        assert_eq!(put(&mut facts, Heard::Nobody), (false, None), "it was never there");
        assert_eq!(put(&mut facts, Heard::Said(berlin.clone())), (true, berlin.clone()));
        assert_eq!(
            put(&mut facts, Heard::Said(berlin.clone())),
            (true, berlin.clone()),
            "the file may differ"
        );
        assert_eq!(
            put(&mut facts, Heard::Nobody),
            (true, berlin.clone()),
            "it may have changed the file first"
        );
        assert_eq!(put(&mut facts, Heard::Nobody), (false, berlin.clone()), "the bus is tried again");
        assert_eq!(put(&mut facts, Heard::Nothing), (true, berlin));
        assert_eq!(put(&mut facts, Heard::Said(None)), (true, None));
    }
}
