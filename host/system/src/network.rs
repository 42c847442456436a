//! What the network is like: a way out, and what it costs.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// All that is known of the network.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Network {
    /// From the kernel.
    pub(crate) routes: Option<Routes>,
    /// From NetworkManager, which knows better where it runs.
    pub(crate) manager: Managed,
}

/// Whether NetworkManager has a hand in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Managed {
    /// Nobody has asked yet.
    #[default]
    NotAsked,
    /// It does not run here: this is a server, and its network is paid for.
    ByNobody,
    /// It says so.
    By(Manager),
    /// It does not answer, or was here and is not any more: most likely it restarts. Until then it is not known what
    /// the network costs.
    Away,
}

impl Managed {
    /// What is known when it is not there.
    pub(crate) fn without(self) -> Self {
        match self {
            Self::NotAsked | Self::ByNobody => Self::ByNobody,
            Self::By(_) | Self::Away => Self::Away,
        }
    }
}

/// The ways out, and the addresses that one has on them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Routes {
    pub(crate) ways: BTreeSet<Way>,
    pub(crate) addresses: BTreeSet<(u32, IpAddr)>,
}

/// A default route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Way {
    /// The index of its link.
    pub(crate) link: u32,
    /// None for links with but one other end.
    pub(crate) gateway: Option<IpAddr>,
}

impl Routes {
    /// Of all default routes and addresses, those over links that are up.
    pub(crate) fn over(
        up: &BTreeSet<u32>,
        ways: impl IntoIterator<Item = Way>,
        addresses: impl IntoIterator<Item = (u32, IpAddr)>,
    ) -> Self {
        Self {
            ways: ways.into_iter().filter(|way| up.contains(&way.link)).collect(),
            addresses: addresses.into_iter().filter(|(link, _)| up.contains(link)).collect(),
        }
    }
}

/// What NetworkManager says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Manager {
    pub(crate) connectivity: Connectivity,
    pub(crate) metered: Metered,
}

/// How far one gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Connectivity {
    /// It did not try.
    #[default]
    Unknown,
    /// Nowhere, to a login page, or not into the internet.
    Limited,
    Full,
}

impl From<u32> for Connectivity {
    /// `NMConnectivityState`.
    fn from(state: u32) -> Self {
        match state {
            1..=3 => Self::Limited,
            4 => Self::Full,
            _ => Self::Unknown,
        }
    }
}

/// Whether volume costs something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Metered {
    #[default]
    Unknown,
    Yes,
    No,
}

impl From<u32> for Metered {
    /// `NMMetered`; a guess is as good as we can get.
    fn from(metered: u32) -> Self {
        match metered {
            1 | 3 => Self::Yes,
            2 | 4 => Self::No,
            _ => Self::Unknown,
        }
    }
}

/// Reachable, free, and over what.
pub(crate) type Fingerprint = (Option<bool>, Option<bool>, Option<Routes>);

impl Network {
    /// Whether the internet can be reached.
    pub(crate) fn available(&self) -> Option<bool> {
        let routed = self.routes.as_ref().map(|routes| !routes.ways.is_empty());
        match self.manager {
            Managed::NotAsked => None,
            Managed::By(Manager { connectivity: Connectivity::Full, .. }) => Some(true),
            Managed::By(Manager { connectivity: Connectivity::Limited, .. }) => Some(false),
            Managed::By(_) | Managed::ByNobody | Managed::Away => routed,
        }
    }

    /// Whether there is a way that costs nothing by volume.
    pub(crate) fn free(&self) -> Option<bool> {
        match self.manager {
            Managed::NotAsked | Managed::Away => None,
            Managed::ByNobody => self.available(),
            Managed::By(Manager { metered: Metered::No, .. }) => Some(true),
            Managed::By(Manager { metered: Metered::Yes, .. }) => Some(false),
            // Of no connection there is nothing to know.
            Managed::By(_) => self.available().filter(|available| !available),
        }
    }

    /// Another one is another connectivity or cost: connections that were open are likely gone. None while it is
    /// not known who knows.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        match self.manager {
            Managed::NotAsked | Managed::Away => None,
            Managed::ByNobody | Managed::By(_) => Some((self.available(), self.free(), self.routes.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn routed(up: &[u32]) -> Network {
        let ways = [Way { link: 2, gateway: Some(GATEWAY) }, Way { link: 3, gateway: None }];
        let up = up.iter().copied().collect();
        Network {
            routes: Some(Routes::over(&up, ways, [(2, GATEWAY), (9, GATEWAY)])),
            manager: Managed::ByNobody,
        }
    }

    fn managed(connectivity: u32, metered: u32) -> Network {
        let manager = Manager { connectivity: connectivity.into(), metered: metered.into() };
        Network { manager: Managed::By(manager), ..routed(&[2]) }
    }

    #[test]
    fn a_default_route_counts_while_its_link_is_up() {
        assert_eq!(Network::default().available(), None);
        assert_eq!(routed(&[]).available(), Some(false));
        assert_eq!(routed(&[7]).available(), Some(false));
        assert_eq!(routed(&[2]).available(), Some(true));
        assert_eq!(routed(&[3]).available(), Some(true));
        assert_eq!(routed(&[2]).routes.unwrap().addresses, BTreeSet::from([(2, GATEWAY)]));
    }

    #[test]
    fn the_manager_knows_better_than_the_routes_unless_it_does_not_know() {
        for (connectivity, available) in
            [(0, true), (1, false), (2, false), (3, false), (4, true), (77, true)]
        {
            assert_eq!(managed(connectivity, 0).available(), Some(available), "connectivity {connectivity}");
        }
        let no_routes = Network { routes: None, ..managed(4, 0) };
        assert_eq!(no_routes.available(), Some(true));
    }

    #[test]
    fn a_network_is_free_when_the_manager_says_or_guesses_so_and_on_a_server() {
        for (metered, free) in
            [(0, None), (1, Some(false)), (2, Some(true)), (3, Some(false)), (4, Some(true))]
        {
            assert_eq!(managed(4, metered).free(), free, "metered {metered}");
        }
        assert_eq!(managed(1, 0).free(), Some(false), "there is no connection at all");
        assert_eq!(routed(&[2]).free(), Some(true));
        assert_eq!(routed(&[]).free(), Some(false));
        assert_eq!(Network::default().free(), None);
    }

    #[test]
    fn another_gateway_address_or_cost_is_another_network() {
        assert_eq!(routed(&[2]).fingerprint(), routed(&[2]).fingerprint());
        assert_ne!(routed(&[2]).fingerprint(), routed(&[2, 3]).fingerprint());
        assert_ne!(managed(4, 1).fingerprint(), managed(4, 2).fingerprint());
        let mut moved = routed(&[2]);
        moved.routes.as_mut().unwrap().addresses.insert((2, "192.0.2.9".parse().unwrap()));
        assert_ne!(routed(&[2]).fingerprint(), moved.fingerprint());
    }

    #[test]
    fn a_manager_that_restarts_is_away_and_what_the_network_costs_is_not_known_then() {
        let says = Manager { connectivity: Connectivity::Full, metered: Metered::Yes };
        assert_eq!(Managed::NotAsked.without(), Managed::ByNobody);
        assert_eq!(Managed::ByNobody.without(), Managed::ByNobody);
        let manager = Managed::By(says).without().without();
        assert_eq!(manager, Managed::Away);
        let away = Network { manager, ..routed(&[2]) };
        assert_eq!((away.available(), away.free(), away.fingerprint()), (Some(true), None, None));
        let not_asked = Network { manager: Managed::NotAsked, ..routed(&[2]) };
        assert_eq!((not_asked.available(), not_asked.free(), not_asked.fingerprint()), (None, None, None));
    }
}
