//! Where the power comes from, and whether it is to be saved.

/// All that is known of power.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Power {
    /// From UPower.
    pub(crate) upower: Option<Supply>,
    /// From the kernel, for machines without UPower.
    pub(crate) class: Option<Supply>,
    /// Whether power-profiles-daemon saves energy, under its present name.
    pub(crate) saving: Option<bool>,
    /// The same under its older name.
    pub(crate) saving_hadess: Option<bool>,
}

impl Power {
    pub(crate) fn supply(&self) -> Option<Supply> {
        self.upower.or(self.class)
    }

    pub(crate) fn energy_saver(&self) -> Option<bool> {
        self.saving.or(self.saving_hadess)
    }
}

/// What feeds the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Supply {
    /// It does not run on a battery.
    pub(crate) external: bool,
    pub(crate) battery: Battery,
    /// What the battery holds, in percent, rounded up: "more than p" is then true of exactly the same levels.
    pub(crate) charge: Option<u8>,
}

/// UWP's `BatteryStatus`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Battery {
    NotPresent,
    Discharging,
    Idle,
    Charging,
}

/// What a battery that is `percent` full holds, as [`Supply::charge`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is a whole number from 0 to 100"
)]
pub(crate) fn charge(percent: f64) -> Option<u8> {
    (0.0..=100.0).contains(&percent).then(|| percent.ceil() as u8)
}

/// One of the kernel's power supplies, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Device {
    /// An adapter.
    Adapter { online: bool },
    /// A battery that feeds the machine.
    Battery { state: Battery, percent: Option<u8> },
}

/// What these devices feed the machine with.
///
/// Without an adapter to ask, it is on a battery when one is discharged; without a battery it never is.
pub(crate) fn supply(devices: &[Device]) -> Supply {
    let mut states = Vec::new();
    let mut levels = Vec::new();
    let mut adapter = None;
    for device in devices {
        match *device {
            Device::Adapter { online } => adapter = Some(adapter.unwrap_or(false) || online),
            Device::Battery { state: Battery::NotPresent, .. } => {}
            Device::Battery { state, percent } => {
                states.push(state);
                levels.extend(percent.map(f64::from));
            }
        }
    }
    if states.is_empty() {
        return Supply { external: true, battery: Battery::NotPresent, charge: None };
    }
    let of = |wanted| states.contains(&wanted);
    let battery = if of(Battery::Discharging) {
        Battery::Discharging
    } else if of(Battery::Charging) {
        Battery::Charging
    } else {
        Battery::Idle
    };
    #[expect(clippy::cast_precision_loss, reason = "a handful of batteries")]
    let count = levels.len() as f64;
    let full = if levels.is_empty() { None } else { charge(levels.iter().sum::<f64>() / count) };
    Supply { external: adapter.unwrap_or(battery != Battery::Discharging), battery, charge: full }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn battery(state: Battery, percent: u8) -> Device {
        Device::Battery { state, percent: Some(percent) }
    }

    #[test]
    fn a_machine_without_a_battery_is_on_external_power() {
        let none = Supply { external: true, battery: Battery::NotPresent, charge: None };
        assert_eq!(supply(&[]), none);
        assert_eq!(supply(&[Device::Adapter { online: true }]), none);
        assert_eq!(supply(&[Device::Battery { state: Battery::NotPresent, percent: None }]), none);
    }

    #[test]
    fn an_adapter_says_whether_power_is_external_and_without_one_the_battery_does() {
        let discharging = battery(Battery::Discharging, 50);
        assert!(!supply(&[discharging]).external);
        assert!(supply(&[battery(Battery::Idle, 50)]).external);
        // A weak adapter feeds the machine while the battery helps.
        assert!(supply(&[discharging, Device::Adapter { online: true }]).external);
        assert!(!supply(&[battery(Battery::Idle, 50), Device::Adapter { online: false }]).external);
        assert!(
            supply(&[Device::Adapter { online: true }, Device::Adapter { online: false }, discharging])
                .external
        );
    }

    #[test]
    fn of_several_batteries_one_that_is_discharged_decides_and_the_level_is_their_mean() {
        let two = supply(&[battery(Battery::Charging, 80), battery(Battery::Discharging, 41)]);
        assert_eq!((two.battery, two.charge), (Battery::Discharging, Some(61)));
        let two = supply(&[battery(Battery::Idle, 100), battery(Battery::Charging, 20)]);
        assert_eq!((two.battery, two.charge), (Battery::Charging, Some(60)));
        let silent = supply(&[Device::Battery { state: Battery::Idle, percent: None }]);
        assert_eq!((silent.battery, silent.charge), (Battery::Idle, None));
    }

    #[test]
    fn a_charge_is_rounded_up_and_nonsense_is_none() {
        for (percent, rounded) in
            [(0.0, Some(0)), (0.1, Some(1)), (50.0, Some(50)), (50.5, Some(51)), (100.0, Some(100))]
        {
            assert_eq!(charge(percent), rounded, "{percent}");
        }
        for nonsense in [-1.0, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(charge(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn upower_and_the_newer_name_come_first() {
        let (one, other) = (supply(&[]), supply(&[battery(Battery::Idle, 3)]));
        let both =
            Power { upower: Some(one), class: Some(other), saving: Some(true), saving_hadess: Some(false) };
        assert_eq!((both.supply(), both.energy_saver()), (Some(one), Some(true)));
        let fallback = Power { upower: None, saving: None, ..both };
        assert_eq!((fallback.supply(), fallback.energy_saver()), (Some(other), Some(false)));
    }
}
