//! Why nobody knows whether a condition holds.

use std::sync::Arc;

use dormouse::Condition;
use dormouse_control::server::WhyUnknown;
use dormouse_system::{Found, Source, System};

/// What was not found on this machine that would know of a condition.
pub(crate) fn why_unknown(machine: System) -> WhyUnknown {
    Arc::new(move |condition| {
        if let Condition::Custom(_) = condition {
            return Some("known to a program that embeds a host".to_owned());
        }
        let report = machine.report();
        let absent = sources(condition).iter().filter_map(|source| match report.of(*source) {
            Found::Absent { why } => Some(format!("{source}: {why}")),
            _ => None,
        });
        let why = absent.collect::<Vec<_>>().join("; ");
        (!why.is_empty()).then_some(why)
    })
}

/// Where it is read from.
const fn sources(condition: &Condition) -> &'static [Source] {
    match condition {
        Condition::UserPresent
        | Condition::UserNotPresent
        | Condition::SessionConnected
        | Condition::SessionDisconnected => &[Source::Logind],
        Condition::InternetAvailable | Condition::InternetNotAvailable => {
            &[Source::NetworkManager, Source::Rtnetlink]
        }
        Condition::FreeNetworkAvailable => &[Source::NetworkManager],
        Condition::ExternalPower | Condition::BatteryAbove(_) => &[Source::Upower, Source::PowerSupply],
        Condition::EnergySaverOff => &[Source::PowerProfiles, Source::PowerProfilesHadess],
        Condition::LoadBelow(_) | Condition::BackgroundWorkCostNotHigh => &[Source::Pressure],
        _ => &[],
    }
}
