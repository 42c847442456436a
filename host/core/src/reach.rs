//! Where an address leads: a name can be made to resolve to anything, so what is sent to is judged by its address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Into the internet.
    Public,
    /// Into a private network.
    Private,
    /// To this machine.
    Loopback,
    /// Where no name has any business: it is link-local, a cloud's own service, or no address of one machine.
    Never,
}

/// Outside of the ranges, and as dangerous: what clouds tell their machines, secrets among it.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

impl Reach {
    /// Where `address` leads, however it is written.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => match embedded(v6) {
                Some(v4) => of_v4(v4),
                None => of_v6(v6),
            },
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&address) => Reach::Never,
        // This network, IETF's own, multicast and above.
        (0 | 224.., ..) | (169, 254, _) | (192, 0, 0) => Reach::Never,
        (127, ..) => Reach::Loopback,
        (10, ..) | (100, 64..128, _) | (172, 16..32, _) | (192, 168, _) | (198, 18..20, _) => Reach::Private,
        _ => Reach::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Reach {
    match address.segments().first().copied().unwrap_or_default() {
        _ if METADATA_V6.contains(&address) || address.is_unspecified() || is_translated_here(address) => {
            Reach::Never
        }
        _ if address.is_loopback() => Reach::Loopback,
        // Link-local, multicast.
        0xfe80..0xfec0 | 0xff00.. => Reach::Never,
        // Site-local, unique local.
        0xfec0..0xff00 | 0xfc00..0xfe00 => Reach::Private,
        _ => Reach::Public,
    }
}

/// A network's own prefix for translation to IPv4 (RFC 8215): where in it the address stands is that network's affair.
fn is_translated_here(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0x64, 0xff9b, 1, ..])
}

/// The IPv4 address that this one leads to: mapped, compatible, translated (RFC 2765), NAT64 and 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let halves = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(halves(high, low)),
        [0x2002, high, low, ..] => Some(halves(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Reach {
        Reach::of(address.parse().unwrap())
    }

    #[test]
    fn what_clouds_tell_their_machines_is_never_reached_however_it_is_written() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:42::42",
            "::ffff:0:169.254.169.254",
            "64:ff9b:1::a9fe:a9fe",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
        ] {
            assert_eq!(of(address), Reach::Never, "{address}");
        }
    }

    #[test]
    fn what_is_no_address_of_one_machine_is_never_reached() {
        for address in ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "ff02::1"] {
            assert_eq!(of(address), Reach::Never, "{address}");
        }
    }

    #[test]
    fn this_machine_and_private_networks_are_told_from_the_internet() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"] {
            assert_eq!(of(address), Reach::Loopback, "{address}");
        }
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "198.18.0.1",
            "fc00::1",
            "fdff::1",
            "fec0::1",
        ] {
            assert_eq!(of(address), Reach::Private, "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(of(address), Reach::Public, "{address}");
        }
    }
}
