//! UPower: batteries and adapters.

use zbus::Connection;

use super::service::{Heard, Properties, Service, Unreadable};
use crate::answers::Facts;
use crate::power::{Battery, Supply, charge};
use crate::report::Source;

/// All batteries as one.
const DISPLAY_DEVICE: &str = "/org/freedesktop/UPower/devices/DisplayDevice";

pub(crate) struct Upower;

impl Service for Upower {
    type Reading = Supply;

    const NAME: &'static str = "org.freedesktop.UPower";
    const SOURCE: Source = Source::Upower;
    const SIGNALS: &'static [&'static str] = &[
        "member='PropertiesChanged',path='/org/freedesktop/UPower'",
        "member='PropertiesChanged',path='/org/freedesktop/UPower/devices/DisplayDevice'",
    ];

    async fn read(bus: &Connection) -> Result<Supply, Unreadable> {
        let manager = Properties::read(bus, Self::NAME, "/org/freedesktop/UPower", Self::NAME).await?;
        let device =
            Properties::read(bus, Self::NAME, DISPLAY_DEVICE, "org.freedesktop.UPower.Device").await?;
        let battery = battery(device.get("IsPresent")?, device.get("Type")?, device.get("State")?);
        let full = charge(device.get("Percentage")?).filter(|_| battery != Battery::NotPresent);
        Ok(Supply { external: !manager.get::<bool>("OnBattery")?, battery, charge: full })
    }

    fn put(facts: &mut Facts, heard: Heard<Supply>) {
        facts.power.upower = heard.said();
    }
}

/// From `UpDeviceKind`, of which only batteries and UPS feed a machine, and `UpDeviceState`.
fn battery(present: bool, kind: u32, state: u32) -> Battery {
    match (present && matches!(kind, 2 | 3), state) {
        (false, _) => Battery::NotPresent,
        (true, 1) => Battery::Charging,
        // Discharging, empty, about to be discharged.
        (true, 2 | 3 | 6) => Battery::Discharging,
        (true, _) => Battery::Idle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_has_one_of_four_states() {
        for (state, expected) in [
            (0, Battery::Idle),
            (1, Battery::Charging),
            (2, Battery::Discharging),
            (3, Battery::Discharging),
            (4, Battery::Idle),
            (5, Battery::Idle),
            (6, Battery::Discharging),
            (99, Battery::Idle),
        ] {
            assert_eq!(battery(true, 2, state), expected, "state {state}");
            assert_eq!(battery(false, 2, state), Battery::NotPresent, "state {state}");
        }
        assert_eq!(battery(true, 3, 2), Battery::Discharging, "a UPS");
        assert_eq!(battery(true, 5, 2), Battery::NotPresent, "a mouse");
    }
}
