//! From facts to answers.

use dormouse_core::{Condition, Holds, WorkCost};
use tokio::sync::watch;

use crate::cost::work_cost;
use crate::network::Network;
use crate::power::{Battery, Power};
use crate::pressure::Pressure;
use crate::session::Sessions;
use crate::time_zone::Told;

/// All that is known. What is `None` in here is not known at present.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) network: Network,
    pub(crate) sessions: Option<Sessions>,
    pub(crate) power: Power,
    pub(crate) pressure: Option<Pressure>,
    /// For who follows local time. No answer depends on it.
    pub(crate) told: watch::Sender<Told>,
}

/// What a host can ask. Facts that differ without another answer to any question have equal answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) internet: Option<bool>,
    free_network: Option<bool>,
    pub(crate) present: Option<bool>,
    connected: Option<bool>,
    external_power: Option<bool>,
    energy_saver: Option<bool>,
    /// In percent, rounded down.
    load: Option<u8>,
    battery: Option<Charge>,
    pub(crate) cost: Option<WorkCost>,
    pub(crate) memory_is_short: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Charge {
    NoBattery,
    /// In percent, rounded up.
    Percent(u8),
}

impl Facts {
    /// What follows from them.
    pub(crate) fn answers(&self) -> Answers {
        let supply = self.power.supply();
        let present = self.sessions.as_ref().map(Sessions::present);
        let external_power = supply.map(|supply| supply.external);
        Answers {
            internet: self.network.available(),
            free_network: self.network.free(),
            present,
            connected: self.sessions.as_ref().map(|sessions| !sessions.connected().is_empty()),
            external_power,
            energy_saver: self.power.energy_saver(),
            load: self.pressure.map(|pressure| pressure.cpu),
            battery: supply.and_then(|supply| match supply.battery {
                Battery::NotPresent => Some(Charge::NoBattery),
                _ => supply.charge.map(Charge::Percent),
            }),
            cost: work_cost(self.pressure.map(|pressure| pressure.cost), external_power, present),
            memory_is_short: self.pressure.map(|pressure| pressure.memory_is_short),
        }
    }
}

impl Answers {
    /// Whether `condition` holds, if that is known here.
    pub(crate) fn holds(&self, condition: &Condition) -> Holds {
        let known = match condition {
            Condition::UserPresent => self.present,
            Condition::UserNotPresent => self.present.map(|present| !present),
            Condition::InternetAvailable => self.internet,
            Condition::InternetNotAvailable => self.internet.map(|available| !available),
            Condition::SessionConnected => self.connected,
            Condition::SessionDisconnected => self.connected.map(|connected| !connected),
            Condition::FreeNetworkAvailable => self.free_network,
            Condition::ExternalPower => self.external_power,
            Condition::EnergySaverOff => self.energy_saver.map(|on| !on),
            Condition::LoadBelow(share) => self.load.map(|load| load < share.get()),
            Condition::BatteryAbove(level) => self.battery.map(|charge| match charge {
                Charge::NoBattery => true,
                Charge::Percent(percent) => percent > level.get(),
            }),
            // The host asks for the work cost itself, its clock knows the time, and the rest is not this machine's.
            _ => None,
        };
        match known {
            Some(true) => Holds::Met,
            Some(false) => Holds::Unmet,
            None => Holds::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::Percent;

    use super::*;
    use crate::network::{Managed, Routes};
    use crate::power::Supply;
    use crate::session::Session;

    fn percent(share: u8) -> Percent {
        Percent::new(share).unwrap()
    }

    fn all() -> Vec<Condition> {
        vec![
            Condition::UserPresent,
            Condition::UserNotPresent,
            Condition::InternetAvailable,
            Condition::InternetNotAvailable,
            Condition::SessionConnected,
            Condition::SessionDisconnected,
            Condition::FreeNetworkAvailable,
            Condition::ExternalPower,
            Condition::EnergySaverOff,
            Condition::LoadBelow(percent(50)),
            Condition::BatteryAbove(percent(50)),
        ]
    }

    #[test]
    fn what_is_not_known_is_unknown_and_so_is_what_is_not_the_machines() {
        let nothing = Facts::default().answers();
        for condition in all() {
            assert_eq!(nothing.holds(&condition), Holds::Unknown, "{condition}");
        }
        let known = facts().answers();
        for condition in all() {
            assert_ne!(known.holds(&condition), Holds::Unknown, "{condition}");
        }
        for condition in ["background-work-cost-not-high", "time-window:22:00-06:00", "custom:tides"] {
            assert_eq!(known.holds(&condition.parse().unwrap()), Holds::Unknown, "{condition}");
        }
    }

    fn facts() -> Facts {
        let session = Session { connected: true, idle: false, locked: false };
        Facts {
            network: Network { routes: Some(Routes::default()), manager: Managed::ByNobody },
            sessions: Some(Sessions([("1".to_owned(), session)].into())),
            power: Power {
                upower: Some(Supply { external: false, battery: Battery::Discharging, charge: Some(51) }),
                saving: Some(true),
                ..Power::default()
            },
            pressure: Some(Pressure { cpu: 49, cost: WorkCost::Low, memory_is_short: false }),
            ..Facts::default()
        }
    }

    #[test]
    fn each_condition_follows_its_fact_and_its_opposite_does_not() {
        let answers = facts().answers();
        let met: Vec<_> = all().into_iter().filter(|one| answers.holds(one) == Holds::Met).collect();
        let expected = [
            Condition::UserPresent,
            Condition::InternetNotAvailable,
            Condition::SessionConnected,
            Condition::LoadBelow(percent(50)),
            Condition::BatteryAbove(percent(50)),
        ];
        assert_eq!(met, expected);
        assert_eq!(answers.cost, Some(WorkCost::Medium));
        assert_eq!(answers.holds(&Condition::LoadBelow(percent(49))), Holds::Unmet);
        assert_eq!(answers.holds(&Condition::BatteryAbove(percent(51))), Holds::Unmet);
    }

    #[test]
    fn without_a_battery_there_is_always_enough() {
        let mut facts = facts();
        facts.power.upower = Some(Supply { external: true, battery: Battery::NotPresent, charge: None });
        let answers = facts.answers();
        assert_eq!(answers.holds(&Condition::BatteryAbove(percent(99))), Holds::Met);
        assert_eq!(answers.holds(&Condition::ExternalPower), Holds::Met);
        facts.power.upower = Some(Supply { external: true, battery: Battery::Idle, charge: None });
        assert_eq!(facts.answers().holds(&Condition::BatteryAbove(percent(9))), Holds::Unknown);
    }
}
