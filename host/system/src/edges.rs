//! From changes of facts to events.

use std::collections::BTreeSet;

use dormouse_core::SystemEvent;

use crate::answers::{Answers, Facts};
use crate::network::Fingerprint;
use crate::power::Battery;

/// What was last known of all that has edges. What becomes unknown for a while and is as before then is no edge,
/// and neither is what is known for the first time.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    present: Option<bool>,
    connected: Option<BTreeSet<String>>,
    battery: Option<Battery>,
    network: Option<Fingerprint>,
    /// Since the network was last quiet.
    internet: Option<bool>,
}

/// What a change of facts brought.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct Seen {
    /// To be raised now.
    pub(crate) events: Vec<SystemEvent>,
    /// The network changed; [`Edges::settled`] says what to raise when it is quiet again.
    pub(crate) network: bool,
}

impl Edges {
    /// Compares what is known now with what was.
    pub(crate) fn observe(&mut self, facts: &Facts, answers: &Answers) -> Seen {
        let mut seen = Seen::default();
        if let Some(sessions) = &facts.sessions {
            let connected = sessions.connected();
            if self.connected.as_ref().is_some_and(|before| !connected.is_subset(before)) {
                seen.events.push(SystemEvent::SessionConnected);
            }
            self.connected = Some(connected);
        }
        if let Some((_, present)) = change(&mut self.present, answers.present) {
            seen.events.push(if present { SystemEvent::UserPresent } else { SystemEvent::UserAway });
        }
        if change(&mut self.battery, facts.power.supply().map(|supply| supply.battery)).is_some() {
            seen.events.push(SystemEvent::PowerStateChange);
        }
        seen.network = change(&mut self.network, facts.network.fingerprint()).is_some();
        if self.internet.is_none() {
            self.internet = answers.internet;
        }
        seen
    }

    /// The network is quiet again after a change: a burst of changes is one, and only what is left of it counts as
    /// reachable.
    pub(crate) fn settled(&mut self, answers: &Answers) -> Vec<SystemEvent> {
        let mut events = vec![SystemEvent::NetworkStateChange];
        if let Some((_, true)) = change(&mut self.internet, answers.internet) {
            events.push(SystemEvent::InternetAvailable);
        }
        events
    }
}

/// Takes over what is known `now`, and answers with what was and is, if both are known and differ.
fn change<T: Clone + PartialEq>(last: &mut Option<T>, now: Option<T>) -> Option<(T, T)> {
    let now = now?;
    let before = last.replace(now.clone())?;
    (before != now).then_some((before, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Managed, Network, Routes, Way};
    use crate::power::Supply;
    use crate::session::{Session, Sessions};

    fn observe(edges: &mut Edges, facts: &Facts) -> Vec<SystemEvent> {
        edges.observe(facts, &facts.answers()).events
    }

    fn sessions(ids: &[&str], locked: bool) -> Facts {
        let session = Session { connected: true, idle: false, locked };
        let sessions = Sessions(ids.iter().map(|id| ((*id).to_owned(), session)).collect());
        Facts { sessions: Some(sessions), ..Facts::default() }
    }

    #[test]
    fn coming_and_going_are_edges_and_what_is_first_known_is_none() {
        let mut edges = Edges::default();
        assert_eq!(observe(&mut edges, &sessions(&["1"], true)), []);
        assert_eq!(observe(&mut edges, &sessions(&["1"], false)), [SystemEvent::UserPresent]);
        assert_eq!(observe(&mut edges, &sessions(&["1"], false)), []);
        assert_eq!(observe(&mut edges, &sessions(&["1"], true)), [SystemEvent::UserAway]);
        assert_eq!(
            observe(&mut edges, &sessions(&["1", "2"], false)),
            [SystemEvent::SessionConnected, SystemEvent::UserPresent]
        );
        assert_eq!(observe(&mut edges, &sessions(&["2"], false)), []);
        assert_eq!(observe(&mut edges, &sessions(&["3"], false)), [SystemEvent::SessionConnected]);
    }

    #[test]
    fn a_service_that_restarts_makes_no_edges() {
        let mut edges = Edges::default();
        observe(&mut edges, &sessions(&["1"], false));
        assert_eq!(observe(&mut edges, &Facts::default()), []);
        assert_eq!(observe(&mut edges, &sessions(&["1"], false)), []);
        observe(&mut edges, &Facts::default());
        assert_eq!(observe(&mut edges, &sessions(&["1"], true)), [SystemEvent::UserAway]);
    }

    #[test]
    fn another_state_of_the_battery_is_an_edge_and_another_level_is_none() {
        let mut edges = Edges::default();
        let mut facts = Facts::default();
        let states = [Battery::Idle, Battery::Discharging, Battery::Charging, Battery::NotPresent];
        for (round, battery) in states.into_iter().enumerate() {
            facts.power.upower = Some(Supply { external: true, battery, charge: Some(50) });
            let expected = if round == 0 { vec![] } else { vec![SystemEvent::PowerStateChange] };
            assert_eq!(observe(&mut edges, &facts), expected, "{battery:?}");
            facts.power.upower = Some(Supply { external: true, battery, charge: Some(49) });
            assert_eq!(observe(&mut edges, &facts), [], "{battery:?}");
        }
    }

    fn network(ways: &[u32]) -> Facts {
        let ways = ways.iter().map(|&link| Way { link, gateway: None }).collect();
        let routes = Routes { ways, ..Routes::default() };
        Facts { network: Network { routes: Some(routes), manager: Managed::ByNobody }, ..Facts::default() }
    }

    fn changed(edges: &mut Edges, facts: &Facts) -> bool {
        edges.observe(facts, &facts.answers()).network
    }

    #[test]
    fn the_internet_is_an_edge_of_what_a_burst_leaves() {
        let mut edges = Edges::default();
        assert!(!changed(&mut edges, &network(&[])), "first known");
        assert!(changed(&mut edges, &network(&[2])));
        assert!(!changed(&mut edges, &network(&[2])));
        let both = [SystemEvent::NetworkStateChange, SystemEvent::InternetAvailable];
        assert_eq!(edges.settled(&network(&[2]).answers()), both);
        // Gone and back before it was quiet.
        assert!(changed(&mut edges, &network(&[])));
        assert!(changed(&mut edges, &network(&[2])));
        assert_eq!(edges.settled(&network(&[2]).answers()), [SystemEvent::NetworkStateChange]);
        // Another way out, and away.
        assert!(changed(&mut edges, &network(&[3])));
        assert_eq!(edges.settled(&network(&[3]).answers()), [SystemEvent::NetworkStateChange]);
        assert!(changed(&mut edges, &network(&[])));
        assert_eq!(edges.settled(&network(&[]).answers()), [SystemEvent::NetworkStateChange]);
        assert!(changed(&mut edges, &network(&[3])));
        assert_eq!(edges.settled(&network(&[3]).answers()), both);
    }
}
